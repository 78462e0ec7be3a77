import { expect } from 'chai'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ContentStoreError } from '@open-datanets/content-store'
import { EPOCH_STATES, type Digest, type Post, type Progress } from '../../src/domain'
import { isFault } from '../../src/errors'
import { EXIT, exitCodeOf } from '../../src/exitCode'
import { rebuildFromChain, runEpoch, settledPost } from '../../src/pipeline'
import { EpochStore } from '../../src/store'
import { Datanet, WINDOW, type OracleProcess } from '../scene/datanet'
import { postLie, steal } from '../scene/lie'
import { SOURCES } from '../scene/sources'

const HONEST = 1
const RESULTS = [
  ['closed', 'inputs'],
  ['scored', 'scored'],
  ['settled', 'post'],
] as const

const faultOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('rebuilding from the chain and content', function () {
  let datanet: Datanet
  let operator: OracleProcess
  const opened: EpochStore[] = []

  /** A process that has nothing but an empty store. */
  const newcomer = async (name: string): Promise<OracleProcess> => {
    const oracle = await datanet.oracle(name)
    opened.push(oracle.store)
    return oracle
  }
  const makeFinal = async (epoch: number): Promise<void> => {
    await datanet.anvil.settle()
    const { post } = await runEpoch(operator, epoch)
    await datanet.anvil.pass(WINDOW)
    await operator.poster!.finalize(post!, HONEST)
    await datanet.anvil.settle()
    expect((await runEpoch(operator, epoch)).state).to.equal('final')
  }

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1, 2])
    operator = await datanet.oracle('operator', datanet.operator.privateKey)
    opened.push(operator.store)
    await datanet.openEpoch(1)
    await datanet.buy(1, SOURCES.ballot, 10n ** 18n)
    await makeFinal(1)
    await datanet.anvil.pass(7 * 86_400)
    await datanet.contribute(6, [SOURCES.clock])
    await datanet.openEpoch(2)
    await makeFinal(2)
  })
  after(async () => {
    for (const store of opened) await store.close()
    await datanet?.stop()
  })

  it('gives the bytes of every result, every earning and every published file again', async () => {
    const again = await newcomer('rebuilt')
    const seen: Progress[] = []
    const { epochs } = await rebuildFromChain({ ...again, onProgress: each => seen.push(each) })
    expect(epochs.map(({ epoch, rebuilt }) => [epoch, rebuilt])).to.deep.equal([
      [1, true],
      [2, true],
    ])
    expect(await again.store.epochs()).to.deep.equal(await operator.store.epochs())
    for (const epoch of [1, 2]) {
      for (const [state, name] of RESULTS)
        expect(await again.store.result(epoch, state, name)).to.deep.equal(
          await operator.store.result(epoch, state, name),
        )
      const folder = (of: OracleProcess): string => join(of.publishFolder, `epoch-${epoch}`)
      const files = await readdir(folder(operator))
      expect(await readdir(folder(again))).to.deep.equal(files)
      for (const file of files)
        expect(await readFile(join(folder(again), file))).to.deep.equal(
          await readFile(join(folder(operator), file)),
        )
    }
    for (const index of [4, 5, 6]) {
      const { address } = datanet.anvil.account(index)
      expect(await again.store.earnings(address)).to.deep.equal(await operator.store.earnings(address))
    }
    expect(
      seen.filter(({ stage }) => stage === 'rebuild').map(({ done, total }) => [done, total]),
    ).to.deep.equal([
      [0, 2],
      [1, 2],
      [2, 2],
    ])
  })

  it('goes on where it was stopped, and leaves alone what is final', async () => {
    const again = await newcomer('stopped')
    const stop = new AbortController()
    const stopping = {
      ...again,
      signal: stop.signal,
      onProgress: ({ stage, done }: Progress) => {
        if (stage === 'rebuild' && done === 1) stop.abort()
      },
    }
    expect(isFault(await faultOf(rebuildFromChain(stopping)), 'ABORTED')).to.equal(true)
    const { epochs } = await rebuildFromChain(again)
    expect(epochs.map(({ rebuilt }) => rebuilt)).to.deep.equal([false, true])
    expect((await rebuildFromChain(again)).epochs.map(({ rebuilt }) => rebuilt)).to.deep.equal([false, false])
  })

  it('names the store that has something else as final', async () => {
    const again = await newcomer('other')
    await again.store.begin(1)
    for (const [i, state] of EPOCH_STATES.slice(1).entries()) {
      const post = Buffer.from(JSON.stringify({ other: true }))
      const step = state === 'settled' ? { results: { post } } : {}
      await again.store.advance(1, EPOCH_STATES[i]!, state, step)
    }
    const fault = await faultOf(rebuildFromChain(again))
    expect(isFault(fault, 'REBUILD_DIFFERS') && [fault.data.epoch, fault.data.part]).to.deep.equal([
      1,
      'stored post',
    ])
  })

  for (const [i, last] of (['closed', 'scored', 'settled', 'submitted'] as const).entries())
    it(`builds nothing on something else that is ${last}`, async () => {
      const again = await newcomer(`other-${last}`)
      await again.store.begin(1)
      for (const [j, state] of EPOCH_STATES.slice(1, i + 2).entries()) {
        const ours = RESULTS.find(([of]) => of === state)?.[1]
        const bytes =
          state === last || (last === 'submitted' && state === 'settled') ? Buffer.from('other') : undefined
        const same = ours && (bytes ?? (await operator.store.result(1, state, ours)))
        await again.store.advance(1, EPOCH_STATES[j]!, state, same ? { results: { [ours]: same } } : {})
      }
      const fault = await faultOf(rebuildFromChain(again))
      expect(isFault(fault, 'REBUILD_DIFFERS') && fault.data.epoch).to.equal(1)
      expect(await again.store.epochs()).to.deep.equal([{ epoch: 1, state: last }])
    })

  it('names a block of the content that was tampered with', async () => {
    const again = await newcomer('tampered')
    const { dataDigest } = await settledPost(operator, 1)
    const path = pathOf(datanet, dataDigest)
    const bytes = await readFile(path)
    await writeFile(path, Buffer.concat([bytes, Buffer.from('x')]))
    const fault = await faultOf(rebuildFromChain(again))
    expect(fault instanceof ContentStoreError && fault.code).to.equal('CONTENT_CORRUPT')
    expect((fault as Error).message)
      .to.contain(dataDigest)
      .and.to.contain(path)
    expect(exitCodeOf(fault)).to.equal(EXIT.broken)
    expect(await again.store.epochs()).to.deep.equal([])
    await writeFile(path, bytes)
    expect((await rebuildFromChain(again)).epochs.length).to.equal(2)
  })

  it('names the first row of a lie that nobody challenged', async () => {
    await datanet.anvil.pass(7 * 86_400)
    await datanet.openEpoch(3)
    await datanet.anvil.settle()
    const lying = await datanet.oracle('liar', datanet.liar.privateKey)
    opened.push(lying.store)
    const post: Post = await postLie(lying, 3, steal)
    await datanet.anvil.pass(WINDOW)
    await lying.poster!.finalize(post, 2)
    await datanet.anvil.settle()
    const again = await newcomer('deceived')
    const fault = await faultOf(rebuildFromChain(again))
    expect(isFault(fault, 'REBUILD_DIFFERS') && fault.data).to.include({
      epoch: 3,
      part: 'ledger',
      position: 0,
    })
    expect(exitCodeOf(fault)).to.equal(EXIT.differs)
    expect((await again.store.epochs()).length).to.equal(2)
  })
})

function pathOf({ folder }: Datanet, digest: Digest): string {
  return join(folder, 'content', 'objects', digest.slice(2, 4), digest.slice(2))
}
