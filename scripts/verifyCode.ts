import { AbiCoder, concat, getCreate2Address, getCreateAddress, keccak256, type Provider } from 'ethers'

import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { DEPLOYMENT_PROXY, DEPLOYMENT_PROXY_CODE } from './safeBatch'
import type { SimulatedChain } from './simulatedChain'
import { FACTORIES, type System } from './system'

/** What came of one contract. */
export interface Verified {
  readonly contract: ContractName
  readonly address: string
  readonly bytes: number
  /** How its address came about: the deployer's nth transaction, or the deployment proxy. */
  readonly created: string
  readonly passed: boolean
  /** Where the code differs, empty where it does not. */
  readonly difference: string
}

/**
 * Deploys this build once more, with the recorded constructor arguments, from the same account with the same nonce
 * and at the same time, on a chain in this process: addresses come out the same, so that what lies on the real chain
 * has to be equal byte for byte, immutables included.
 */
export async function verifyCode(system: System, chain: SimulatedChain): Promise<Verified[]> {
  const provider = system.token.runner?.provider as Provider
  const { deployer, contracts, salt } = system.record
  const origins = CONTRACT_NAMES.map(contract => ({ contract, ...originOf(system, contract) }))
  // The order in which they were created; within a block that of the nonces, or the plan's for the proxy's creations.
  const blockOf = (contract: ContractName) => contracts[contract].blockNumber
  origins.sort((a, b) => blockOf(a.contract) - blockOf(b.contract) || (a.nonce ?? 0) - (b.nonce ?? 0))
  await chain.setCode(DEPLOYMENT_PROXY, DEPLOYMENT_PROXY_CODE)
  const results: Verified[] = []
  let last = 0
  for (const { contract, code, nonce } of origins) {
    const { address, blockNumber } = contracts[contract]
    const timestamp = (await provider.getBlock(blockNumber))?.timestamp ?? 0
    // Several creations of one block share its time here too.
    await chain.prepare({
      ...(timestamp > last ? { timestamp } : {}),
      ...(nonce === undefined ? {} : { nonce }),
    })
    last = Math.max(last, timestamp)
    const request =
      nonce === undefined && salt !== undefined
        ? { to: DEPLOYMENT_PROXY, data: concat([salt, code]) }
        : { data: code }
    const reason = await chain.signer
      .sendTransaction({ ...request, gasLimit: 15_000_000 })
      .then(sent => sent.wait())
      .then(() => '', String)
    const [deployed, rebuilt] = await Promise.all([
      provider.getCode(address),
      chain.provider.getCode(address),
    ])
    const difference =
      reason === '' ? differenceOf(deployed, rebuilt) : `it cannot be deployed again: ${reason}`
    const created = nonce === undefined ? 'deployment proxy' : `${deployer} nonce ${nonce}`
    const bytes = (deployed.length - 2) / 2
    results.push({ contract, address, bytes, created, passed: difference === '', difference })
  }
  return results.sort((a, b) => CONTRACT_NAMES.indexOf(a.contract) - CONTRACT_NAMES.indexOf(b.contract))
}

/** The greatest nonce that is tried: accounts that deploy have sent fewer transactions before. */
const MAX_NONCE = 100_000

function originOf({ record }: System, contract: ContractName): { code: string; nonce?: number } {
  const { salt } = record
  const { address, constructorArguments } = record.contracts[contract]
  const { bytecode } = FACTORIES[contract]
  const { inputs } = FACTORIES[contract].createInterface().deploy
  const code = concat([bytecode, AbiCoder.defaultAbiCoder().encode(inputs, constructorArguments)])
  if (salt !== undefined && getCreate2Address(DEPLOYMENT_PROXY, salt, keccak256(code)) === address)
    return { code }
  for (let nonce = 0; nonce < MAX_NONCE; nonce++) {
    if (getCreateAddress({ from: record.deployer, nonce }) === address) return { code, nonce }
  }
  return { code }
}

function differenceOf(deployed: string, rebuilt: string): string {
  if (deployed === rebuilt && deployed !== '0x') return ''
  if (deployed === '0x') return 'no code on chain'
  if (rebuilt === '0x') return 'the recorded arguments and deployer do not give this address'
  if (deployed.length !== rebuilt.length) return `${(rebuilt.length - 2) / 2} bytes in this build`
  let at = 0
  while (deployed[at] === rebuilt[at]) at++
  return `differs from this build at byte ${Math.floor((at - 2) / 2)}`
}
