import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'
import { toBeHex } from 'ethers'
import fc from 'fast-check'

import {
  allocationsOf,
  parametersJsonSchema,
  parseDeployParameters,
  readDeployParameters,
  SUPPLY,
} from '../../scripts/deployParameters'
import { DEPLOYMENTS } from '../../scripts/deploymentRecord'
import { isProtocolError, type Fault } from '../../scripts/errors'
import { caught } from './caught'
import { EXAMPLE, LOCAL } from './deployExample'
import { temporaryFolder } from './temporaryFolder'

/** A document that a test spoils. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Editable = Record<string, any>

function faultsOf(value: unknown): readonly Fault[] {
  try {
    parseDeployParameters(value)
  } catch (error) {
    if (isProtocolError(error, 'PARAMETERS_INVALID')) return error.data.faults
    throw error
  }
  return []
}

describe('deployParameters', () => {
  const folder = temporaryFolder()

  async function example(): Promise<Editable> {
    return JSON.parse(await readFile(EXAMPLE, 'utf8'))
  }

  it('reads the tracked examples, amounts as bigint', async () => {
    for (const path of [EXAMPLE, LOCAL]) {
      const { operators, split } = await readDeployParameters(path)
      expect(operators.minimumBond).to.equal(10_000n * 10n ** 18n)
      expect(split.protocolBps + split.stakersBps + split.modelBps).to.be.at.most(10_000)
    }
  })

  it('gives the deployer no right by default', async () => {
    const nulls = { guardian: null, epochManager: null }
    const faults = faultsOf({ ...(await example()), roles: nulls, treasury: null })
    expect(faults.map(({ name }) => name)).to.have.members([
      'roles.guardian',
      'roles.epochManager',
      'treasury',
    ])
    expect(faults[0]?.expected).to.contain('or "timelock"')
  })

  it('takes an address of any case and gives it checksummed', async () => {
    const mixed = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
    expect(parseDeployParameters({ ...(await example()), treasury: mixed.toLowerCase() }).treasury).to.equal(
      mixed,
    )
  })

  it('names all faults together, each with what stood there and what should have', async () => {
    const value: Editable = await example()
    value['version'] = 1
    value['treasury'] = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD'
    value['operators'] = { accounts: ['nobody'], faults: 0, minimumBond: 1000, exitDelay: 172_800 }
    value['split'] = { protocolBps: 9000, stakersBps: 1000, modelBps: 1 }
    value['challengeWindow'] = 86_401
    value['responseWindow'] = 28_801
    value['staking'].exitDelay = 86_399
    value['genesis'].team.bps = 1501
    value['genesis'].liquidity.beneficiaries = []
    value['governance'].lateQuorumExtension = 604801
    value['colour'] = 'red'
    const faults = faultsOf(value)
    expect(faults.map(({ name }) => name)).to.have.members([
      'version',
      'treasury',
      'operators.accounts.0',
      'operators.minimumBond',
      'operators.exitDelay',
      'responseWindow',
      'staking.exitDelay',
      'split',
      'genesis.team.bps',
      'genesis.liquidity.beneficiaries',
      'governance.lateQuorumExtension',
      'the document',
    ])
    const byName = Object.fromEntries(faults.map(fault => [fault.name, fault]))
    expect(byName['operators.minimumBond']).to.deep.equal({
      name: 'operators.minimumBond',
      got: '1000',
      expected: 'a decimal string of wei',
    })
    expect(byName['genesis.team.bps']).to.deep.equal({
      name: 'genesis.team.bps',
      got: '1501',
      expected: '1500',
    })
    expect(byName['operators.accounts.0']?.got).to.equal('"nobody"')
    expect(byName['the document']?.got).to.equal('the keys colour')
  })

  it('wants a court that waits for its committee', async () => {
    const value: Editable = await example()
    value['court'].patience = value['committee'].votingPeriod + 86_399
    expect(faultsOf(value).map(({ name }) => name)).to.deep.equal(['court.patience'])
    value['court'].patience++
    expect(faultsOf(value)).to.deep.equal([])
  })

  it('wants a guardian who can act within the challenge window', async () => {
    const value: Editable = await example()
    value['roles'].guardian = 'timelock'
    expect(faultsOf(value).map(({ name }) => name)).to.deep.equal(['roles.guardian'])
    value['challengeWindow'] = 864_000
    expect(faultsOf(value).map(({ name }) => name)).to.deep.equal(['roles.guardian'])
    value['challengeWindow'] = 864_001
    expect(faultsOf(value)).to.deep.equal([])
  })

  describe('emission', () => {
    const OPEN = 10n ** 18n
    // 13 epochs for each step, 5 % less after each: 260 initial budgets in all, and 371.6 million OPEN that vest.
    const budgets: [bigint, boolean][] = [
      [714_616n, true],
      [714_615n, false],
      [1_429_230n, true],
      [1_429_231n, false],
      [0n, false],
      [100_000n, false],
    ]
    for (const [budget, isGood] of budgets) {
      it(`${isGood ? 'takes' : 'refuses'} a curve that begins with ${budget} OPEN`, async () => {
        const value: Editable = await example()
        value['emission'].initialBudget = String(budget * OPEN)
        const faults = faultsOf(value)
        expect(faults.map(({ name }) => name)).to.deep.equal(isGood ? [] : ['emission.initialBudget'])
        if (!isGood) expect(faults[0]?.expected).to.contain(`emits ${budget * 260n * OPEN} wei`)
      })
    }

    it('refuses a curve without end', async () => {
      const value: Editable = await example()
      value['emission'].decayBps = 10_000
      expect(faultsOf(value)[0]?.expected).to.contain('this one emits without end')
    })
  })

  const wrongAmounts = ['-1', '1.5', '01', '1e18', '', (1n << 128n).toString(), (1n << 96n).toString()]
  for (const minimumBond of wrongAmounts) {
    it(`refuses the bond "${minimumBond}"`, async () => {
      const value: Editable = await example()
      value['operators'].minimumBond = minimumBond
      expect(faultsOf(value).map(({ name }) => name)).to.deep.equal(['operators.minimumBond'])
    })
  }

  const wrongSets: [string, number, number][] = [
    ['faults', 2, 1],
    ['faults', 4, 2],
    ['accounts', 33, 0],
  ]
  for (const [name, count, faults] of wrongSets) {
    it(`refuses ${count} operators of whom ${faults} may be faulty`, async () => {
      const value: Editable = await example()
      value['operators'].accounts = Array.from({ length: count }, (_, i) => toBeHex(i + 1, 20))
      value['operators'].faults = faults
      expect(faultsOf(value).map(fault => fault.name)).to.deep.equal([`operators.${name}`])
    })
  }

  describe('genesis', () => {
    it('shares the supply out to the wei', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 8 }),
          async weights => {
            const value: Editable = await example()
            const shares = weights.map(
              weight => Math.floor((weight * 9000) / weights.reduce((a, b) => a + b)) + 1,
            )
            shares[0]! += 10_000 - shares.reduce((a, b) => a + b)
            value['genesis'].team.beneficiaries = shares.map(shareBps => ({ account: null, shareBps }))
            value['genesis'].team.float = '7'
            const allocations = allocationsOf(parseDeployParameters(value))
            for (const { amount, allotments } of allocations) {
              expect(allotments.reduce((sum, { vested, liquid }) => sum + vested + liquid, 0n)).to.equal(
                amount,
              )
            }
            expect(allocations.reduce((sum, { amount }) => sum + amount, 0n)).to.equal(SUPPLY)
          },
        ),
        { numRuns: 25 },
      )
    })

    it('wants shares of 10000, a float within the group, one vesting for the emissions', async () => {
      const value: Editable = await example()
      value['genesis'].team.beneficiaries = [{ account: null, shareBps: 9999 }]
      value['genesis'].ecosystem.float = SUPPLY.toString()
      value['genesis'].liquidity.float = '1'
      expect(faultsOf(value).map(({ name }) => name)).to.have.members([
        'genesis.team.beneficiaries',
        'genesis.ecosystem.float',
        'genesis.liquidity.float',
      ])
      const other: Editable = await example()
      other['genesis'].community.beneficiaries[0].account = 'timelock'
      expect(faultsOf(other).map(({ name }) => name)).to.deep.equal(['genesis'])
    })
  })

  it('has the tracked JSON schema', async () => {
    const tracked = JSON.parse(await readFile(join(DEPLOYMENTS, 'parameters.schema.json'), 'utf8'))
    expect(parametersJsonSchema()).to.deep.equal(tracked)
  })

  it('says which file is not JSON or is not there', async () => {
    const path = join(folder(), 'parameters.json')
    expect((await caught('FILE_UNREADABLE', readDeployParameters(path))).data.path).to.equal(path)
    await writeFile(path, '{"format":')
    const error = await caught('PARAMETERS_INVALID', readDeployParameters(path))
    expect(error.data.faults).to.have.length(1)
    expect(error.message).to.contain(path).and.to.contain('expected JSON')
  })
})
