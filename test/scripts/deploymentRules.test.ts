import { expect } from 'chai'
import { getAddress, toBeHex } from 'ethers'

import { GOVERNANCE_MINIMUMS, refuseUnsafe, warningsOf } from '../../scripts/deploymentRules'
import { readDeployParameters, SUPPLY, type DeployParameters } from '../../scripts/deployParameters'
import { isProtocolError, type Fault } from '../../scripts/errors'
import { EXAMPLE, LOCAL, named } from './deployExample'

const DEPLOYER = getAddress(toBeHex(1n << 150n, 20))

function faultsOf(parameters: DeployParameters, chainId: number): readonly Fault[] {
  try {
    refuseUnsafe(parameters, { deployer: DEPLOYER, chainId })
  } catch (error) {
    if (isProtocolError(error, 'PARAMETERS_INVALID')) return error.data.faults
    throw error
  }
  return []
}

const namesOf = (faults: readonly Fault[]) => faults.map(({ name }) => name)

describe('deploymentRules', () => {
  const example = async () => named(await readDeployParameters(EXAMPLE))

  describe('given the example', () => {
    it('refuses every placeholder, on every chain', async () => {
      const parameters = await readDeployParameters(EXAMPLE)
      const text = JSON.stringify(parameters, (_, item: unknown) =>
        typeof item === 'bigint' ? String(item) : item,
      )
      const count = text.match(/0xdead/gi)?.length
      for (const chainId of [1, 31337]) {
        const faults = faultsOf(parameters, chainId)
        expect(faults.length).to.equal(count)
        expect(namesOf(faults)).to.include.members([
          'genesis.liquidity.beneficiaries.0.account',
          'roles.guardian',
          'operators.accounts.0',
          'committee.members.2',
        ])
        expect(faults[0]?.expected).to.contain('placeholder')
      }
    })

    it('takes it on a real chain once they are replaced, without a warning', async () => {
      expect(faultsOf(await example(), 1)).to.deep.equal([])
      expect(warningsOf(await example(), DEPLOYER)).to.deep.equal([])
    })
  })

  describe('given the parameters of throw-away chains', () => {
    it('takes them there, and tells that the deployer alone reaches the quorum', async () => {
      const parameters = await readDeployParameters(LOCAL)
      for (const chainId of [31337, 1337]) expect(faultsOf(parameters, chainId)).to.deep.equal([])
      expect(warningsOf(parameters, DEPLOYER)[0]).to.contain(`${DEPLOYER} alone reaches the quorum`)
    })

    it('refuses them on a real chain: nameless beneficiaries, a deployer who governs, short votes', async () => {
      const faults = faultsOf(await readDeployParameters(LOCAL), 1)
      expect(namesOf(faults)).to.deep.equal([
        ...['investors', 'team', 'ecosystem', 'liquidity'].map(
          group => `genesis.${group}.beneficiaries.0.account`,
        ),
        'genesis',
        'governance.votingDelay',
        'governance.votingPeriod',
        'governance.timelockDelay',
      ])
      expect(faults[4]?.got).to.equal(`${(SUPPLY * 7n) / 100n} wei liquid for the deployer ${DEPLOYER}`)
    })
  })

  describe('given a deployer that is named', () => {
    async function withLiquidity(shareBps: number): Promise<DeployParameters> {
      const parameters = await example()
      const [first, second] = parameters.genesis.liquidity.beneficiaries
      const beneficiaries = [
        { account: DEPLOYER, shareBps },
        { ...first!, shareBps: 5000 - shareBps / 2 },
        { ...second!, shareBps: 5000 - shareBps / 2 },
      ]
      const liquidity = { ...parameters.genesis.liquidity, beneficiaries }
      return { ...parameters, genesis: { ...parameters.genesis, liquidity } }
    }

    it('refuses the quorum of votes, and takes less', async () => {
      expect(namesOf(faultsOf(await withLiquidity(8000), 1))).to.deep.equal(['genesis'])
      expect(faultsOf(await withLiquidity(7998), 1)).to.deep.equal([])
    })

    it('refuses it as an operator', async () => {
      const parameters = await example()
      const [first, second] = parameters.operators.accounts
      const operators = { ...parameters.operators, accounts: [first!, DEPLOYER, second!] }
      const changed = { ...parameters, operators }
      expect(namesOf(faultsOf(changed, 1))).to.deep.equal(['operators.accounts.1'])
      expect(faultsOf(changed, 31337)).to.deep.equal([])
    })
  })

  for (const name of Object.keys(GOVERNANCE_MINIMUMS) as (keyof typeof GOVERNANCE_MINIMUMS)[]) {
    it(`refuses a ${name} below the minimum on a real chain only`, async () => {
      const parameters = await example()
      const least = GOVERNANCE_MINIMUMS[name]
      const below = typeof least === 'bigint' ? least - 1n : least - 1
      const changed = { ...parameters, governance: { ...parameters.governance, [name]: below } }
      expect(namesOf(faultsOf(changed, 1))).to.deep.equal([`governance.${name}`])
      expect(faultsOf(changed, 31337)).to.deep.equal([])
      const atLeast = { ...parameters, governance: { ...parameters.governance, [name]: least } }
      expect(faultsOf(atLeast, 1)).to.deep.equal([])
    })
  }

  it('warns of epochs that wait for a vote longer than a challenge', async () => {
    const parameters = await example()
    const roles = { ...parameters.roles, epochManager: 'timelock' as const }
    expect(warningsOf({ ...parameters, roles }, DEPLOYER)[0]).to.contain('roles.epochManager is "timelock"')
    const swift = { ...parameters, roles, challengeWindow: 864_001 }
    expect(warningsOf(swift, DEPLOYER)).to.deep.equal([])
  })
})
