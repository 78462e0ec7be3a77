import path from 'node:path'
import { dataSlice, getAddress, id, parseEther } from 'ethers'
import { readDeployParameters } from '../../../scripts/deployParameters'
import { deploySystem } from '../../../scripts/deploySystem'
import type { System } from '../../../scripts/system'
import { gasOf, type Anvil } from './anvil'

const PARAMETERS = path.join(__dirname, '../../../deployments/parameters.example.json')
const AT_ONCE = 512
const GAS_LIMIT = '0x7a120'
export const DATANET = 1
export const DATANET_POOL = (1n << 32n) | BigInt(DATANET)

/** The system as the deploy task puts it up, with one funded Datanet, a bonded operator and contributors. */
export interface Protocol {
  readonly anvil: Anvil
  readonly system: System
  /** by contributor index */
  readonly contributors: readonly string[]
}

export async function startProtocol(anvil: Anvil, contributorCount: number): Promise<Protocol> {
  const [owner, operator] = [anvil.account(0), anvil.account(1)]
  const parameters = await readDeployParameters(PARAMETERS)
  const system = await deploySystem(owner, { ...parameters, operators: [operator.address] })
  const { datanetRegistry, emissionController, operatorSet, token } = system
  await gasOf(datanetRegistry.createDatanet('Solidity code', id('metadata'), 0))
  await gasOf(emissionController.setWeights([DATANET], [10_000]))
  await gasOf(emissionController.fundEpoch())
  await gasOf(token.transfer(operator, 20n * parameters.minimumBond + parseEther('1')))
  await gasOf(token.connect(operator).approve(operatorSet, parameters.minimumBond))
  await gasOf(operatorSet.connect(operator).bond(parameters.minimumBond))
  const contributors = Array.from({ length: contributorCount }, (_, i) =>
    getAddress(dataSlice(id(`contributor ${i}`), 12)),
  )
  await register(anvil, system, contributors)
  return { anvil, system, contributors }
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
