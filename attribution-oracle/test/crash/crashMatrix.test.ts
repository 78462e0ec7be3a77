import { expect } from 'chai'
import fc from 'fast-check'
import { postgresOrSkip, postgresPrograms, type Postgres } from '../scene/postgres'
import { CrashScene, type Outcome, type StoreKind } from './crashScene'
import type { Crash, Moment } from './killAtWrite'

/** With CRASH_MATRIX=all every write is tried at every moment, for about ten minutes; otherwise those that end a stage or
 * send something, and a fixed sample of the others. */
const ALL = process.env['CRASH_MATRIX'] === 'all'
const MOMENTS: readonly Moment[] = ['before', 'during', 'after']
const SEED = 5

/** Where a stage ends, or something leaves for the chain. */
const BOUNDARY = /^(commit|send|insert "outbox)/

function crashesOf(writes: readonly string[], moments: readonly Moment[], sampled: number): Crash[] {
  const all = writes.flatMap((name, i) => moments.map(moment => ({ name, crash: { at: i + 1, moment } })))
  if (ALL) return all.map(({ crash }) => crash)
  const boundaries = all.filter(({ name }) => BOUNDARY.test(name))
  const others = all.filter(({ name }) => !BOUNDARY.test(name))
  const sample = fc.sample(fc.shuffledSubarray(others, { minLength: sampled, maxLength: sampled }), {
    seed: SEED,
    numRuns: 1,
  })
  return [...boundaries, ...sample[0]!].map(({ crash }) => crash).sort((a, b) => a.at - b.at)
}

describe('an operator that is killed', function () {
  this.timeout(ALL ? 3_600_000 : 240_000)
  let scene: CrashScene
  let postgres: Postgres | undefined
  before(async function () {
    if (postgresPrograms() || process.env['REQUIRE_SERVICES'] === '1') postgres = await postgresOrSkip(this)
    scene = await CrashScene.start(postgres)
  })
  after(async () => {
    await scene?.stop()
    await postgres?.stop()
  })

  const expectSame = async (
    kind: StoreKind,
    crash: Crash,
    expected: Outcome,
    paused?: () => Promise<void>,
  ): Promise<void> => {
    const assignment = await scene.assignment(kind)
    const first = await scene.run(assignment, crash, paused)
    expect(first.killed).to.equal(crash.moment !== 'pause')
    const last = first.killed ? await scene.run(assignment) : first
    expect(await scene.outcome(assignment, last)).to.deep.equal(expected)
  }

  for (const [kind, sampled] of [
    ['PostgreSQL', 4],
    ['PGlite', 0],
  ] as const) {
    it(`leaves the same bytes and one transaction for each action, wherever it was killed, on ${kind}`, async function () {
      if (kind === 'PostgreSQL' && !postgres) return this.skip()
      const { writes, outcome } = await scene.traced(kind)
      expect(outcome.events).to.deep.equal(['RootPosted', 'RootFinalized'])
      expect(outcome.transactions).to.equal(2)
      expect(writes).to.include.members(['commit', 'send', 'file', 'rename'])
      for (const crash of crashesOf(writes, MOMENTS, sampled)) {
        const name = `${crash.moment} write ${crash.at}: ${writes[crash.at - 1]}`
        console.log(name)
        await expectSame(kind, crash, outcome).catch((error: unknown) => {
          throw new Error(`killed ${name}`, { cause: error })
        })
      }
    })
  }
})
