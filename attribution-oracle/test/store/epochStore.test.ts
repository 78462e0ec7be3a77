import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EPOCH_STATES } from '../../src/domain'
import { isFault } from '../../src/errors'
import { EpochStore } from '../../src/store'
import { mined, transaction } from './transactions'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const ALICE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const WHALE = (1n << 128n) - 1n

const faultOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('EpochStore', () => {
  let store: EpochStore
  beforeEach(async () => {
    store = await EpochStore.open('memory://')
  })
  afterEach(() => store.close())

  describe('advance', () => {
    it('moves an epoch through all states in their order', async () => {
      await store.begin(1)
      for (const [i, state] of EPOCH_STATES.slice(1).entries())
        await store.advance(1, EPOCH_STATES[i]!, state)
      expect(await store.state(1)).to.equal('final')
    })

    it('keeps results by the state that they led to', async () => {
      await store.begin(1)
      await store.advance(1, 'open', 'closed', { results: { inputs: bytes('i') } })
      expect(await store.result(1, 'closed', 'inputs')).to.deep.equal(bytes('i'))
      const fault = await faultOf(store.result(1, 'scored', 'weights'))
      expect(isFault(fault, 'WRONG_STATE')).to.equal(true)
    })

    it('writes nothing when the epoch is in another state', async () => {
      await store.begin(1)
      const fault = await faultOf(store.advance(1, 'closed', 'scored', { results: { weights: bytes('w') } }))
      expect(isFault(fault, 'WRONG_STATE') && fault.data).to.deep.equal({
        epoch: 1,
        got: 'open',
        expected: 'closed',
      })
      expect(isFault(await faultOf(store.result(1, 'scored', 'weights')), 'WRONG_STATE')).to.equal(true)
    })

    it('rolls the state back when a result cannot be stored', async () => {
      await store.begin(1)
      const nothing = { contributorIndex: 0, account: ALICE, poolId: 1n, amount: 0n }
      expect(await faultOf(store.advance(1, 'open', 'closed', { earnings: [nothing] }))).to.be.instanceOf(
        Error,
      )
      expect(await store.state(1)).to.equal('open')
    })

    it('lets one of two racing steps win', async () => {
      await store.begin(1)
      const race = await Promise.allSettled([
        store.advance(1, 'open', 'closed'),
        store.advance(1, 'open', 'closed'),
      ])
      expect(race.map(r => r.status).sort()).to.deep.equal(['fulfilled', 'rejected'])
    })
  })

  describe('begin', () => {
    it('leaves a known epoch as it is', async () => {
      await store.begin(1)
      await store.advance(1, 'open', 'closed')
      await store.begin(1)
      expect(await store.epochs()).to.deep.equal([{ epoch: 1, state: 'closed' }])
    })
  })

  describe('earnings', () => {
    it('gives amounts back to the wei', async () => {
      await store.begin(1)
      const earnings = [
        { contributorIndex: 0xffffffff, account: ALICE, poolId: (1n << 64n) - 1n, amount: WHALE },
        { contributorIndex: 1, account: ALICE, poolId: 7n, amount: 1n },
      ]
      await store.advance(1, 'open', 'closed', { earnings })
      const found = await store.earnings(ALICE)
      expect(found).to.deep.equal([earnings[1], earnings[0]].map(e => ({ epoch: 1, ...e })))
    })
  })

  describe('reject', () => {
    it('goes back to scored and forgets settlement and earnings and puts the final transaction away, not the scores', async () => {
      await store.begin(1)
      await store.advance(1, 'open', 'closed')
      await store.advance(1, 'closed', 'scored', { results: { weights: bytes('w') } })
      const earnings = [{ contributorIndex: 0, account: ALICE, poolId: 7n, amount: 1n }]
      await store.advance(1, 'scored', 'settled', { results: { post: bytes('p') }, earnings })
      await store.outbox.record(transaction(1, 'post'))
      await store.outbox.resolve(1, 'post', mined(true))
      await store.outbox.record(transaction(1, 'finalize', 4))
      await store.advance(1, 'settled', 'submitted')
      await store.reject(1)
      expect(await store.state(1)).to.equal('scored')
      expect(await store.result(1, 'scored', 'weights')).to.deep.equal(bytes('w'))
      expect(isFault(await faultOf(store.result(1, 'settled', 'post')), 'WRONG_STATE')).to.equal(true)
      expect(await store.earnings(ALICE)).to.deep.equal([])
      expect(await store.outbox.find(1, 'post')).to.equal(undefined)
      // what could still be mined is not forgotten
      expect((await store.outbox.find(1, 'finalize'))?.state).to.equal('pending')
    })
  })
})

describe('EpochStore in a folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-store-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('finds every epoch again after a restart, in whatever state it was', async () => {
    for (const [last, state] of EPOCH_STATES.entries()) {
      const store = await EpochStore.open(folder)
      await store.begin(last)
      for (let i = 0; i < last; i++) {
        await store.advance(last, EPOCH_STATES[i]!, EPOCH_STATES[i + 1]!, {
          results: { at: bytes(`${last}/${i}`) },
        })
      }
      await store.close()
      const again = await EpochStore.open(folder)
      expect(await again.state(last)).to.equal(state)
      for (let i = 0; i < last; i++) {
        expect(await again.result(last, EPOCH_STATES[i + 1]!, 'at')).to.deep.equal(bytes(`${last}/${i}`))
      }
      await again.close()
    }
  })
})
