import { expect } from 'chai'
import { Wallet } from 'ethers'
import { Attestor, Poster } from '../../src/chain'
import type { OracleSigner, Post, ServiceEvent } from '../../src/domain'
import { isFault } from '../../src/errors'
import { openSigner } from '../../src/keys'
import { runEpoch } from '../../src/pipeline'
import { SignerServer } from '../keys/signerServer'
import { Datanet, WINDOW, type OracleProcess } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

describe('an operator whose key is behind a signer', () => {
  let datanet: Datanet
  let server: SignerServer
  let signer: OracleSigner
  let process: OracleProcess
  let post: Post
  const events: ServiceEvent[] = []

  const poster = (): Poster => {
    const observe = (event: ServiceEvent): void => void events.push(event)
    const { provider } = datanet.anvil
    return new Poster(provider, signer, datanet.addresses(), process.store.outbox, {
      observe,
      waitMs: 20_000,
    })
  }

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.model([0])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    process = await datanet.oracle('remote')
    post = (await runEpoch(process, 1)).post!
    server = await SignerServer.start(new Wallet(datanet.operator.privateKey))
    signer = await openSigner({ kind: 'remote', url: server.url, address: datanet.operator.address })
  })
  after(async () => {
    await process?.store.close()
    await server?.stop()
    await datanet?.stop()
  })

  it('attests in the words that the contract counts', async () => {
    const { anvil } = datanet
    const attest = (by: OracleSigner) =>
      new Attestor(anvil.provider, by, 31337, datanet.addresses()).attest(post)
    const local = await openSigner({ kind: 'private', key: datanet.operator.privateKey })
    expect(await attest(signer)).to.deep.equal(await attest(local))
  })

  it('sends nothing that the signer twisted', async () => {
    server.fault = { twist: honest => ({ ...honest, to: server.wallet.address }) }
    const fault = await poster()
      .post(post)
      .catch((error: unknown) => error)
    expect(isFault(fault, 'SIGNER_LIED') && fault.data.field).to.equal('to')
    expect(await process.store.outbox.find(1, 'post')).to.equal(undefined)
    server.fault = {}
  })

  it('posts and finalizes, once each, and knows what it cost', async () => {
    const { attributionOracle } = datanet.system
    expect((await poster().post(post)).sent).to.equal(true)
    expect((await poster().post(post)).sent).to.equal(false)
    await datanet.anvil.pass(WINDOW)
    expect((await poster().finalize(post, 1)).sent).to.equal(true)
    expect(await attributionOracle.finalEpoch()).to.equal(1n)
    await datanet.anvil.settle()
    expect(await poster().reconcile()).to.deep.equal([])
    const kept = await process.store.outbox.ofEpoch(1)
    expect(kept.map(({ action, state, final, tries }) => [action, state, final, tries.length])).to.deep.equal(
      [
        ['post', 'mined', true, 1],
        ['finalize', 'mined', true, 1],
      ],
    )
    for (const { receipt } of kept) expect(receipt!.cost > receipt!.gasUsed).to.equal(true)
    expect(events.flatMap(event => (event.kind === 'transaction' ? [event.result] : []))).to.deep.equal([
      ...['sent', 'mined', 'sent', 'mined'],
    ])
  })

  it('is not surprised when somebody else was first', async () => {
    const other = { ...post, epoch: 1, dataDigest: `0x${'77'.repeat(32)}` as const }
    const fault = await poster()
      .post(other)
      .catch((error: unknown) => error)
    expect(isFault(fault, 'STALE_ACTION')).to.equal(true)
    // and what it did stays done
    expect((await poster().post(post)).sent).to.equal(false)
  })
})
