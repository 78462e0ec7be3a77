import { expect } from 'chai'
import { isFault } from '../../../src/errors'
import { SendingRight } from '../../../src/service'
import { memoryOutbox } from '../../../src/store'
import { faultOf, IMPATIENT, SendingScene } from './scene'

const lockThatIs = (lost: AbortSignal) => ({ lost, release: () => Promise.resolve() })

describe('Sender, and the right to send', () => {
  let scene: SendingScene
  before(async () => {
    scene = await SendingScene.start()
  })
  after(() => scene?.anvil.stop())

  it('signs and sends nothing without it', async () => {
    const [right, outbox] = [new SendingRight(), memoryOutbox()]
    const options = { permitted: right.expect }
    await faultOf(scene.sender(outbox, options).send(scene.plan()), 'STORE_LOCKED')
    expect(await outbox.find(1, 'pay')).to.equal(undefined)
    const lock = right.take(lockThatIs(new AbortController().signal))!
    await faultOf(scene.sender(outbox, options).send(scene.plan()), 'RPC_FAILED')
    expect((await outbox.find(1, 'pay'))?.tries.length).to.equal(1)
    await lock.release()
    expect(() => right.expect())
      .to.throw()
      .with.property('code', 'STORE_LOCKED')
  })

  it('stops at once when it is lost: neither a replacement nor the same bytes again', async () => {
    await scene.newKey()
    const [right, outbox, gone] = [new SendingRight(), memoryOutbox(), new AbortController()]
    right.take(lockThatIs(gone.signal))
    const options = { permitted: right.expect, fees: IMPATIENT }
    await faultOf(scene.sender(outbox, options).send(scene.plan()), 'RPC_FAILED')
    const before = (await outbox.find(1, 'pay'))!
    const reason = new Error('the connection broke')
    gone.abort(reason)
    // a moment later the try had its time, and would be replaced
    await new Promise(resolve => setTimeout(resolve, 2))
    const refused = scene.sender(outbox, options).send(scene.plan())
    expect(await refused.catch((error: unknown) => error)).to.equal(reason)
    await scene.drop(before.hash)
    const again = await scene
      .sender(outbox, options)
      .reconcile()
      .catch((error: unknown) => error)
    expect([again, isFault(again, 'STORE_LOCKED')]).to.deep.equal([reason, false])
    expect(await outbox.find(1, 'pay')).to.deep.equal(before)
    const { provider } = scene.anvil
    expect(await provider.getTransactionCount(scene.wallet.address, 'pending')).to.equal(0)
  })
})
