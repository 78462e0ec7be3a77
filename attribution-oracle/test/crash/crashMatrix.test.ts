import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresOrSkip, postgresPrograms, type Postgres } from '../scene/postgres'
import { ALL, everyWrite, sampleOf, type Named } from './crashes'
import { CrashScene, type Outcome, type StoreKind } from './crashScene'
import type { Crash } from './killAtWrite'

/** Of the embedded store's pages, where all of them are meant to be tried. */
const PAGES = 60

/** What the commits end that matter: a stage, a transaction to be sent, events that were read. */
const COMMITTED = /^(update "epochs"|insert "outbox_tries"|insert logs)/

/** Before a commit is after what is written before it, and after it before what is written next: those are sampled. */
function boundaries(writes: readonly string[]): Named[] {
  return everyWrite(writes).filter(({ at, moment }) => {
    const [write, last = ''] = [writes[at - 1]!, writes[at - 2]]
    return write === 'send' || (write === 'commit' && moment === 'during' && COMMITTED.test(last))
  })
}

function chosen(kind: StoreKind, writes: readonly string[]): Named[] {
  if (ALL) return everyWrite(writes)
  const ends = boundaries(writes)
  if (kind === 'PGlite') return sampleOf(ends, 3)
  return [...ends, ...sampleOf(everyWrite(writes), 3)]
}

describe('an operator on a machine that fails', function () {
  this.timeout(ALL ? 7_200_000 : 600_000)
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

  const eachLeaves = async (
    crashes: readonly Named[],
    expected: Outcome,
    trial: (crash: Crash) => Promise<Outcome>,
  ): Promise<void> => {
    for (const { name, ...crash } of crashes) {
      const outcome = await trial(crash).catch((cause: unknown) => {
        throw new Error(`${name}: ${String(cause)}`, { cause })
      })
      expect(outcome, name).to.deep.equal(expected)
    }
  }

  for (const kind of ['PostgreSQL', 'PGlite'] as const)
    it(`leaves the same bytes and one transaction for each action wherever it is killed, on ${kind}`, async function () {
      if (kind === 'PostgreSQL' && !postgres) return this.skip()
      const { writes, outcome } = await scene.traced(kind)
      expect(outcome.events).to.deep.equal(['RootPosted', 'RootFinalized'])
      expect(outcome.transactions).to.equal(2)
      expect(writes).to.include.members(['commit', 'send', 'file', 'rename'])
      await eachLeaves(chosen(kind, writes), outcome, async crash => {
        const assignment = await scene.assignment(kind)
        expect(await scene.run({ ...assignment, crash })).to.equal(undefined)
        return scene.outcome(assignment, await scene.resume(assignment))
      })
    })

  it('leaves them, too, when it is killed inside a write to the files of the embedded store', async () => {
    const { writes, outcome } = await scene.traced('PGlite', { pages: true })
    expect(writes.length).to.be.greaterThan(100)
    // the last ones come or not, by how often it looks at the chain
    const inside = everyWrite(writes, ['during']).slice(0, 0.9 * writes.length)
    await eachLeaves(sampleOf(inside, ALL ? PAGES : 2), outcome, async crash => {
      const assignment = await scene.assignment('PGlite')
      expect(await scene.run({ ...assignment, crash, pages: true })).to.equal(undefined)
      return scene.outcome(assignment, await scene.resume(assignment))
    })
  })

  it('leaves them, too, when it is killed while it makes its tables', async function () {
    if (!postgres) return this.skip()
    const { writes, outcome } = await scene.traced('PostgreSQL', { empty: true })
    const tables = everyWrite(writes).filter(({ at }) => /^(create|alter)/.test(writes[at - 1]!))
    expect(tables.length).to.be.greaterThan(10)
    await eachLeaves(ALL ? tables : sampleOf(tables, 2), outcome, async crash => {
      const assignment = await scene.assignment('PostgreSQL', true)
      expect(await scene.run({ ...assignment, crash })).to.equal(undefined)
      return scene.outcome(assignment, await scene.resume(assignment))
    })
  })

  it('leaves them, too, when PostgreSQL is killed under it and comes back', async function () {
    if (!postgres) return this.skip()
    const { writes, outcome } = await scene.traced('PostgreSQL')
    const pauses = everyWrite(writes, ['pause'])
    const ends = pauses.filter(({ at }) => /^(commit|send)/.test(writes[at - 1]!))
    const outage = async (): Promise<void> => {
      await postgres!.kill()
      // it comes back while the operator tries again
      void sleep(100).then(() => postgres!.start())
    }
    await eachLeaves(ALL ? pauses : [...sampleOf(ends, 4), ...sampleOf(pauses, 2)], outcome, async crash => {
      const assignment = await scene.assignment('PostgreSQL')
      const done = await scene.run({ ...assignment, crash }, outage)
      return scene.outcome(assignment, done!)
    })
  })
})
