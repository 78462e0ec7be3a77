import { expect } from 'chai'
import fc from 'fast-check'
import { sql } from 'kysely'
import { EPOCH_STATES, type EpochState } from '../../src/domain'
import type { EpochStore } from '../../src/store'
import { databases, faultOf } from './databases'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const ALICE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const SETTLED: readonly EpochState[] = ['settled', 'submitted', 'final']
const earning = { contributorIndex: 0, account: ALICE, poolId: 7n, amount: 1n }

/** Statements that a program or a person might run by mistake; all of them are about epoch 1. */
const STATEMENTS = [
  `update results set bytes = 'x'`,
  `update results set epoch = 9 where epoch = 1`,
  `delete from results where name = 'scored/at'`,
  `insert into results values (1, 'scored/more', 'x')`,
  `insert into results values (1, 'settled/more', 'x')`,
  `update earnings set amount = amount + 1`,
  `delete from earnings`,
  `insert into earnings values (1, 5, '${ALICE}', 7, 1)`,
  `update epochs set state = 'open'`,
  `update epochs set state = 'closed'`,
  `update epochs set epoch = 9`,
  `delete from epochs`,
]

for (const database of databases()) {
  describe(`what a settled epoch left, on ${database.name}`, () => {
    let store: EpochStore
    before(async function () {
      store = await database.open(this)
      await store.begin(1)
    })
    after(async () => {
      await store?.close()
      await database.close()
    })

    const raw = () => (store as unknown as { db: Parameters<ReturnType<typeof sql>['execute']>[0] }).db
    const kept = async (): Promise<unknown> => {
      const rows = async (table: string) =>
        (await sql.raw(`select * from ${table} order by 1, 2`).execute(raw())).rows
      return [await rows('results where epoch = 1'), await rows('earnings where epoch = 1')]
    }

    for (const [i, state] of EPOCH_STATES.slice(1).entries()) {
      it(`is as it was whatever is called at ${state}`, async () => {
        const step = { results: { at: bytes(state) }, earnings: state === 'settled' ? [earning] : [] }
        await store.advance(1, EPOCH_STATES[i]!, state, step)
        if (!SETTLED.includes(state)) return
        const before = await kept()
        const anyState = fc.constantFrom(...EPOCH_STATES)
        const anyStep = fc.record({
          results: fc.dictionary(fc.constantFrom('at', 'post', 'more'), fc.uint8Array({ maxLength: 3 })),
          earnings: fc.constantFrom([], [earning], [{ ...earning, contributorIndex: 3, amount: 9n }]),
        })
        await fc.assert(
          fc.asyncProperty(anyState, anyState, anyStep, async (from, to, step) => {
            // the honest next step is the one thing that may happen here
            fc.pre(from !== state || EPOCH_STATES.indexOf(to) !== EPOCH_STATES.indexOf(from) + 1)
            expect(await faultOf(store.advance(1, from, to, step))).to.be.instanceOf(Error)
          }),
          { numRuns: 40 },
        )
        await store.begin(1)
        await store.migrate()
        if (state !== 'submitted') expect(await faultOf(store.reject(1))).to.be.instanceOf(Error)
        expect(await kept()).to.deep.equal(before)
        expect(await store.state(1)).to.equal(state)
      })

      if (SETTLED.includes(state))
        it(`is as it was whatever statement is run at ${state}`, async () => {
          const before = await kept()
          for (const statement of STATEMENTS)
            expect(await faultOf(sql.raw(statement).execute(raw())), statement).to.be.instanceOf(Error)
          expect(await kept()).to.deep.equal(before)
          expect(await store.state(1)).to.equal(state)
        })
    }
  })
}
