import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { realModel } from '../network/scorers'
import { natsInstalled, startNatsServer, type NatsServer } from '../scene/natsServer'
import { startWorker, type WorkerProcess } from '../work/workers'
import { ALL, everyWrite, sampleOf, type Named } from './crashes'
import { CrashScene, type Outcome } from './crashScene'
import type { Assignment } from './operator'

const WORKERS = 2
/** They take their time, so that the world has time to change. */
const PAUSE_MS = 40
const AWAY_MS = 300

describe('an operator whose neural part others compute, on a machine that fails', function () {
  this.timeout(ALL ? 3_600_000 : 300_000)
  let scene: CrashScene
  let nats: NatsServer
  let alone: Outcome
  let handing: Named[]
  let back: Promise<void> = Promise.resolve()

  before(async function () {
    if (!natsInstalled()) return this.skip()
    nats = await startNatsServer()
    scene = await CrashScene.start(undefined, realModel('crash'))
    const assignment = await scene.assignment('PGlite')
    alone = published(await scene.outcome(assignment, (await scene.run(assignment))!))
    const { writes, outcome } = await withWorkers(each => scene.trace(each))
    expect(published(outcome)).to.deep.equal(alone)
    handing = whileScoring(writes)
    expect(handing.length, 'shards that are handed out').to.be.greaterThan(4)
  })
  after(async () => {
    await back
    await scene?.stop()
    await nats?.stop()
  })

  /** What is put and found does not matter, what is published does. */
  const published = (outcome: Outcome): Outcome => ({
    ...outcome,
    files: Object.fromEntries(Object.entries(outcome.files).filter(([path]) => path.startsWith('epoch-'))),
  })

  const withWorkers = async <T>(trial: (assignment: Assignment) => Promise<T>): Promise<T> => {
    const assignment = { ...(await scene.assignment('PGlite')), natsUrl: nats.url }
    const place = { natsUrl: nats.url, content: assignment.contentFolder }
    const workers: WorkerProcess[] = []
    for (let i = 0; i < WORKERS; i++) workers.push(startWorker(place, `worker-${i}`, 'honest', PAUSE_MS))
    try {
      await Promise.all(workers.map(({ ready }) => ready))
      return await trial(assignment)
    } finally {
      await Promise.all(workers.map(each => each.kill()))
    }
  }

  it('leaves the same bytes and one transaction for each action when NATS is killed under it and comes back', async () => {
    const pauses = handing.map(each => ({ ...each, moment: 'pause' as const }))
    for (const { name, ...crash } of ALL ? pauses : sampleOf(pauses, 1)) {
      const outcome = await withWorkers(async assignment => {
        let killed = false
        const done = await scene.run({ ...assignment, crash }, async () => {
          await nats.kill()
          killed = true
          // it comes back while the operator goes on
          back = sleep(AWAY_MS).then(() => nats.start())
        })
        await back
        expect(killed, name).to.equal(true)
        return scene.outcome(assignment, done!)
      })
      expect(published(outcome), name).to.deep.equal(alone)
    }
  })

  it('leaves them, too, when it is killed while its shards are out', async () => {
    for (const { name, ...crash } of ALL ? handing : sampleOf(handing, 1)) {
      const outcome = await withWorkers(async assignment => {
        expect(await scene.run({ ...assignment, crash }), name).to.equal(undefined)
        return scene.outcome(assignment, await scene.resume(assignment))
      })
      expect(published(outcome), name).to.deep.equal(alone)
    }
  })
})

/** The writes of the stage that scores: what is put for the workers. */
function whileScoring(writes: readonly string[]): Named[] {
  const steps = writes.flatMap((write, i) => (write === 'update "epochs"' ? [i + 1] : []))
  const [closed, scored] = [steps[0]!, steps[1]!]
  const files = new Set(['file', 'rename'])
  return everyWrite(writes, ['during']).filter(
    ({ at }) => at > closed && at < scored && files.has(writes[at - 1]!),
  )
}
