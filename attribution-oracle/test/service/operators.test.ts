import { expect } from 'chai'
import type { ScoreInput, ScoreResult } from '../../src/domain'
import { Datanet } from '../scene/datanet'
import { finalEpoch, Running, sentTo, Team, until } from '../scene/service'
import { SOURCES } from '../scene/sources'
import { tinyScorer } from '../scene/tinyScorer'

const WEEK = 7 * 86_400
const CLOSING = 2
/** The seat of whoever lies. */
const LIAR = 1
/** The seat of whoever is late. */
const LATE = 2

describe('runService, one operator', () => {
  let datanet: Datanet
  let operator: Running

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1])
    operator = new Running('operator', await datanet.oracle('operator', datanet.operator.privateKey))
  })
  after(async () => {
    await operator?.close()
    await datanet?.stop()
  })

  it('takes three epochs from their opening to final, and sends each transaction once', async () => {
    // nobody else holds its seat's turn against it
    operator.start({ submissionDelayMs: 1 })
    for (const epoch of [1, 2, 3]) {
      if (epoch === 2) await datanet.contribute(6, [SOURCES.purse])
      await datanet.openEpoch(epoch, CLOSING)
      await finalEpoch(datanet, [operator], epoch)
      await datanet.anvil.pass(WEEK)
    }
    const sent = await sentTo(datanet, [datanet.operator.address])
    expect(sent.map(({ name, ok }) => `${name} ${ok}`)).to.deep.equal([
      'post true',
      'finalize true',
      'post true',
      'finalize true',
      'post true',
      'finalize true',
    ])
    expect(operator.state.ready()).to.deep.equal({ ready: true, reasons: [] })
    expect(operator.of('failed')).to.deep.equal([])
    const built = operator.of('tree').map(({ epoch, leaves }) => [epoch, leaves])
    expect(built).to.deep.equal([
      [1, 2],
      [2, 3],
      [3, 3],
    ])
    expect(operator.of('model').map(({ modelId }) => modelId)).to.deep.equal([1, 1, 1])
  })

  it('pins each epoch to the block of its rule', async () => {
    const { chain } = operator.deps
    const history = await chain.history((await chain.finalizedBlock()).number)
    for (const { post } of history.posts) {
      const opened = history.openings.get(post.epoch)!.blockNumber
      const before = history.posts.find(record => record.post.epoch === post.epoch - 1)?.decidedAt ?? 0
      expect(post.blockNumber).to.equal(Math.max(opened, before) + CLOSING)
    }
    expect(history.posts.map(({ status }) => status)).to.deep.equal(['final', 'final', 'final'])
  })

  it('stops when asked to, and a final epoch is computed by nobody again', async () => {
    await operator.stop()
    const again = new Running('again', { ...operator.deps, scoreEpoch: scoredAgain })
    const settled = await operator.deps.store.result(3, 'settled', 'post')
    again.start({ once: true })
    await until(datanet, [again], 'one cycle', () => again.of('cycle').length === 1)
    await again.stop()
    expect(again.of('failed')).to.deep.equal([])
    expect(await operator.deps.store.result(3, 'settled', 'post')).to.deep.equal(settled)
  })
})

describe('runService, several operators', () => {
  it('assemble over HTTP, 4 of 7: each epoch is posted and finalized once, and they take turns', async () => {
    const team = await Team.start(3, 7)
    const { datanet, running } = team
    try {
      for (const epoch of [1, 2]) {
        await datanet.openEpoch(epoch, CLOSING)
        await finalEpoch(datanet, running, epoch)
        await datanet.anvil.pass(WEEK)
      }
      expect(await sendings(team)).to.deep.equal(['post true', 'finalize true', 'post true', 'finalize true'])
      const { posts } = await team.history()
      const words = posts.map(({ signers }) => signers.toString(2).replaceAll('0', '').length)
      expect(words).to.deep.equal([4, 4])
      expect(new Set(posts.map(({ poster }) => poster)).size).to.equal(2)
    } finally {
      await team.stop()
    }
  })

  it('a peer that was away when the others posted is behind until it is back, and no longer', async () => {
    const team = await Team.start(1, 4)
    const { datanet, running, servers } = team
    const [late, server] = [running[LATE]!, servers[LATE]!]
    const others = running.filter(each => each !== late)
    try {
      await late.stop()
      await datanet.openEpoch(1, CLOSING)
      const posted = (): boolean => others.every(each => each.verified(1) === true)
      await until(datanet, others, 'posted by the others', posted)
      const { host } = new URL(server.url)
      const stands = (each: Running): string | undefined =>
        each.of('peer').findLast(({ peer }) => peer === host)?.state
      expect(others.map(stands)).to.not.include('agrees')
      const back = new Running('back', late.deps).start({ peers: servers.map(({ url }) => url) })
      await until(datanet, [...others, back], 'the late one agrees for all', () =>
        others.every(each => stands(each) === 'agrees'),
      )
      expect(await sendings(team)).to.deep.equal(['post true'])
      await back.stop()
    } finally {
      await team.stop()
    }
  })

  describe('given one that lies', () => {
    let team: Team
    after(() => team?.stop())

    it('name it with the first differing leaf, and the other 3 of 4 go on', async () => {
      team = await Team.start(1, 4, (deps, i) => (i === LIAR ? { ...deps, scoreEpoch: skimming } : deps))
      const { datanet, running, servers } = team
      const honest = running.filter((_, i) => i !== LIAR)
      await datanet.openEpoch(1, CLOSING)
      await finalEpoch(datanet, honest, 1)
      const liar = new URL(servers[LIAR]!.url).host
      const told = honest.flatMap(each => each.of('peer').filter(({ peer }) => peer === liar))
      const reasons = told.flatMap(({ state, reason }) => (state === 'differs' ? [reason] : []))
      expect(reasons).to.not.deep.equal([])
      for (const reason of reasons)
        expect(reason).to.match(/^scores leaf 0: got .*"score":[\d.]+.*, ours is /)
      const { posts } = await team.history()
      // the seat of the liar is in no quorum
      expect(posts.map(({ signers, status }) => [(signers >> LIAR) & 1, status])).to.deep.equal([
        [0, 'final'],
      ])
      expect(await sendings(team)).to.deep.equal(['post true', 'finalize true'])
      const others = honest.flatMap(each => each.of('peer').filter(({ peer }) => peer !== liar))
      expect(others.some(({ state }) => state === 'differs')).to.equal(false)
    })
  })
})

async function sendings({ datanet, addresses }: Team): Promise<string[]> {
  return (await sentTo(datanet, addresses)).map(({ name, ok }) => `${name} ${ok}`)
}

/** The scorer of an operator that takes a tenth from the first contribution. */
async function skimming(input: ScoreInput): Promise<ScoreResult> {
  const result = await tinyScorer(input)
  const value = [...result.value].map(([id, score], i): [bigint, number] => [
    id,
    i === 0 ? score * 0.9 : score,
  ])
  return { ...result, value: new Map(value) }
}

function scoredAgain(): never {
  throw new Error('a final epoch is computed again')
}
