import path from 'node:path'
import { dataSlice, getAddress, id, parseEther } from 'ethers'
import { readDeployParameters } from '../../../scripts/deployParameters'
import { deploySystem } from '../../../scripts/deploySystem'
import type { System } from '../../../scripts/system'
import { gasOf, type Anvil } from './anvil'

const PARAMETERS = path.join(__dirname, '../../../deployments/parameters.local.json')
const AT_ONCE = 512
const GAS_LIMIT = '0x7a120'
const FIRST_OPERATOR = 1
const MANAGER = 12
export const DATANET = 1
/** Two Datanets share the emissions; the third got a gift once and nothing since. */
export const POOLS = [1, 2, 3].map(datanet => (1n << 32n) | BigInt(datanet))
const GIFT = parseEther('1000')

/** The system as the deploy task puts it up, with one funded Datanet, bonded operators and contributors. */
export interface Protocol {
  readonly anvil: Anvil
  readonly system: System
  /** by contributor index */
  readonly contributors: readonly string[]
  readonly operators: ReturnType<Anvil['account']>[]
  readonly faults: number
  /** opens epochs */
  readonly manager: ReturnType<Anvil['account']>
}

export interface ProtocolOptions {
  readonly contributors: number
  readonly operators: number
  readonly faults: number
}

export async function startProtocol(
  anvil: Anvil,
  { contributors: count, operators: size, faults }: ProtocolOptions,
): Promise<Protocol> {
  const [owner, manager] = [anvil.account(0), anvil.account(MANAGER)]
  const operators = Array.from({ length: size }, (_, i) => anvil.account(FIRST_OPERATOR + i))
  const parameters = await readDeployParameters(PARAMETERS)
  const system = await deploySystem(owner, {
    ...parameters,
    roles: { guardian: manager.address, epochManager: manager.address },
    operators: { ...parameters.operators, accounts: operators.map(({ address }) => address), faults },
    emission: { ...parameters.emission, feeCap: null },
  })
  const { datanetRegistry, emissionController, operatorSet, rewardEscrow, timelock, token } = system
  for (const name of ['Solidity code', 'Proofs', 'Audits'])
    await gasOf(datanetRegistry.createDatanet(name, id('metadata'), 0))
  const governance = await anvil.impersonate(await timelock.getAddress())
  await gasOf(emissionController.connect(governance).setWeights([1, 2], [6_000, 4_000]))
  await fundEmission(anvil, system)
  await gasOf(token.approve(rewardEscrow, GIFT))
  await gasOf(rewardEscrow.fund(POOLS[2]!, GIFT))
  const { minimumBond } = parameters.operators
  for (const operator of operators) {
    await gasOf(token.transfer(operator, 20n * minimumBond + parseEther('1')))
    await gasOf(token.connect(operator).approve(operatorSet, minimumBond))
    await gasOf(operatorSet.connect(operator).bond(minimumBond))
  }
  const contributors = Array.from({ length: count }, (_, i) =>
    getAddress(dataSlice(id(`contributor ${i}`), 12)),
  )
  await register(anvil, system, contributors)
  return { anvil, system, contributors, operators, faults, manager }
}

/** Lets an emission epoch pass and pays it. */
export async function fundEmission(
  anvil: Anvil,
  { emissionController, parameters }: System,
): Promise<number> {
  await anvil.pass(parameters.emission.epochLength)
  return gasOf(emissionController.fundEpoch())
}

/** One commitment of each account, in order: that gives it its contributor index. */
async function register(
  { provider }: Anvil,
  { datanetRegistry }: System,
  accounts: readonly string[],
): Promise<void> {
  const to = await datanetRegistry.getAddress()
  await provider.send('evm_setAutomine', [false])
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const sending = accounts.slice(from, from + AT_ONCE).map(account => {
      const args = [DATANET, id(`commitment of ${account}`), id('manifest')] as const
      const data = datanetRegistry.interface.encodeFunctionData('commit', [...args])
      return provider.send('eth_sendTransaction', [
        { from: account, to, data, gas: GAS_LIMIT, gasPrice: '0x0' },
      ])
    })
    await Promise.all(sending)
    await provider.send('evm_mine', [])
  }
  await provider.send('evm_setAutomine', [true])
}
