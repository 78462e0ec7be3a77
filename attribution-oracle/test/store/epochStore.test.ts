import { expect } from 'chai'
import { EPOCH_STATES, sha256, type EpochState } from '../../src/domain'
import { isFault } from '../../src/errors'
import type { EpochStore } from '../../src/store'
import { databases, faultOf } from './databases'
import { mined, transaction } from './transactions'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const ALICE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const WHALE = (1n << 128n) - 1n
const earning = { contributorIndex: 0, account: ALICE, poolId: 7n, amount: 1n }

for (const database of databases()) {
  describe(`EpochStore on ${database.name}`, () => {
    let store: EpochStore
    let epoch = 0
    before(async function () {
      store = await database.open(this)
    })
    beforeEach(() => store.begin(++epoch))
    after(async () => {
      await store?.close()
      await database.close()
    })

    const reach = async (last: EpochState): Promise<void> => {
      for (const [i, state] of EPOCH_STATES.slice(1, EPOCH_STATES.indexOf(last) + 1).entries())
        await store.advance(epoch, EPOCH_STATES[i]!, state, { results: { at: bytes(state) } })
    }

    describe('advance', () => {
      it('moves an epoch through all states in their order', async () => {
        await reach('final')
        expect(await store.state(epoch)).to.equal('final')
      })

      it('keeps results by the state that they led to, empty and large ones', async () => {
        const large = new Uint8Array(3_000_000).map((_, i) => i % 251)
        await store.advance(epoch, 'open', 'closed', { results: { none: bytes(''), large } })
        expect(await store.result(epoch, 'closed', 'none')).to.deep.equal(bytes(''))
        expect(sha256(await store.result(epoch, 'closed', 'large'))).to.equal(sha256(large))
        const fault = await faultOf(store.result(epoch, 'scored', 'weights'))
        expect(isFault(fault, 'WRONG_STATE')).to.equal(true)
      })

      it('writes nothing when the epoch is in another state', async () => {
        const results = { weights: bytes('w') }
        const fault = await faultOf(store.advance(epoch, 'closed', 'scored', { results }))
        expect(isFault(fault, 'WRONG_STATE') && fault.data).to.deep.equal({
          epoch,
          got: 'open',
          expected: 'closed',
        })
        const nothing = await faultOf(store.result(epoch, 'scored', 'weights'))
        expect(isFault(nothing, 'WRONG_STATE')).to.equal(true)
      })

      it('rolls the state back when a result cannot be stored', async () => {
        await reach('scored')
        const earnings = [earning, { ...earning, contributorIndex: 1, amount: 0n }]
        const step = { results: { post: bytes('p') }, earnings }
        expect(await faultOf(store.advance(epoch, 'scored', 'settled', step))).to.be.instanceOf(Error)
        expect(await store.state(epoch)).to.equal('scored')
        expect(isFault(await faultOf(store.result(epoch, 'settled', 'post')), 'WRONG_STATE')).to.equal(true)
      })

      it('lets one of many racing steps win, and tells the others why', async () => {
        const race = await Promise.allSettled(
          Array.from({ length: 6 }, (_, i) =>
            store.advance(epoch, 'open', 'closed', { results: { by: bytes(String(i)) } }),
          ),
        )
        const lost = race.flatMap(run => (run.status === 'rejected' ? [run.reason as unknown] : []))
        expect(lost.map(fault => isFault(fault, 'WRONG_STATE'))).to.deep.equal(Array(5).fill(true))
        const winner = race.findIndex(run => run.status === 'fulfilled')
        expect(await store.result(epoch, 'closed', 'by')).to.deep.equal(bytes(String(winner)))
      })
    })

    describe('begin', () => {
      it('leaves a known epoch as it is', async () => {
        await reach('closed')
        await store.begin(epoch)
        expect((await store.epochs()).at(-1)).to.deep.equal({ epoch, state: 'closed' })
      })
    })

    describe('earnings', () => {
      it('gives amounts back to the wei', async () => {
        await reach('scored')
        const account = `0x${'a1'.repeat(20)}`
        const earnings = [
          { contributorIndex: 0xffffffff, account, poolId: (1n << 64n) - 1n, amount: WHALE },
          { contributorIndex: 1, account, poolId: 7n, amount: 1n },
        ]
        await store.advance(epoch, 'scored', 'settled', { earnings })
        const found = await store.earnings(account)
        expect(found).to.deep.equal([earnings[1], earnings[0]].map(e => ({ epoch, ...e })))
      })

      it('takes more accounts at once than a statement has parameters', async () => {
        await reach('scored')
        const accountOf = (i: number): string => `0x${i.toString(16).padStart(40, '0')}`
        const earnings = Array.from({ length: 70_001 }, (_, i) => ({
          ...earning,
          contributorIndex: i,
          account: accountOf(i),
          amount: BigInt(i + 1),
        }))
        await store.advance(epoch, 'scored', 'settled', { earnings })
        for (const i of [0, 19_999, 20_000, 70_000])
          expect((await store.earnings(accountOf(i))).map(({ amount }) => amount)).to.deep.equal([
            BigInt(i + 1),
          ])
      })
    })

    describe('reject', () => {
      it('goes back to scored and forgets settlement, earnings and transaction, not the scores', async () => {
        await reach('closed')
        await store.advance(epoch, 'closed', 'scored', { results: { weights: bytes('w') } })
        const account = `0x${'b2'.repeat(20)}`
        const earnings = [{ ...earning, account }]
        await store.advance(epoch, 'scored', 'settled', { results: { post: bytes('p') }, earnings })
        await store.outbox.record(transaction(epoch, 'post'))
        await store.outbox.resolve(epoch, 'post', mined(true))
        await store.advance(epoch, 'settled', 'submitted')
        await store.reject(epoch)
        expect(await store.state(epoch)).to.equal('scored')
        expect(await store.result(epoch, 'scored', 'weights')).to.deep.equal(bytes('w'))
        expect(isFault(await faultOf(store.result(epoch, 'settled', 'post')), 'WRONG_STATE')).to.equal(true)
        expect(await store.earnings(account)).to.deep.equal([])
        expect(await store.outbox.find(epoch, 'post')).to.equal(undefined)
      })
    })

    describe('verifications', () => {
      const post = sha256(bytes('post'))
      const difference = { part: 'ledger', position: 3, got: '"1"', expected: '"2"' }

      it('keeps what was found of a post, by epoch and post, and the latest look at it', async () => {
        const first = { epoch, post, agrees: false, difference, at: 1_800_000_000 }
        await store.verifications.record(first)
        await store.verifications.record({ ...first, post: sha256(bytes('other')), at: 1_700_000_000 })
        expect(await store.verifications.find(epoch, post)).to.deep.equal(first)
        const second = { epoch, post, agrees: true, at: 1_900_000_000 }
        await store.verifications.record(second)
        expect(await store.verifications.find(epoch, post)).to.deep.equal(second)
        expect((await store.verifications.of(epoch)).map(({ at }) => at)).to.deep.equal([
          1_700_000_000, 1_900_000_000,
        ])
        expect(await store.verifications.find(epoch + 1, post)).to.equal(undefined)
      })
    })

    describe('lock', () => {
      it('is held by one at a time', async () => {
        const held = await store.lock('poster')
        expect(await store.lock('poster')).to.equal(undefined)
        await held!.release()
        const again = await store.lock('poster')
        expect(again).to.not.equal(undefined)
        expect(again!.lost.aborted).to.equal(false)
        await again!.release()
      })
    })

    describe('migrate', () => {
      it('has nothing left to do in an open store', async () => {
        expect(await store.migrate()).to.deep.equal([])
        await store.ping()
      })
    })
  })
}
