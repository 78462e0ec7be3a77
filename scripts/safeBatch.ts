import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { AbiCoder, concat, getCreate2Address, Interface, keccak256, type InterfaceAbi } from 'ethers'

import type { ContractName } from './deploymentRecord'
import { resolved } from './planResolution'
import type { Step } from './planTypes'
import { FACTORIES } from './system'

/** The deterministic deployment proxy: it creates what it is sent after 32 bytes of salt, with CREATE2. */
export const DEPLOYMENT_PROXY = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

/** The proxy's code, the same on every chain. */
export const DEPLOYMENT_PROXY_CODE =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3'

/**
 * The salt of a Safe's deployment: bound to the Safe and to a word chosen for this deployment, so that nobody can put the
 * contracts at its addresses before the batches are known.
 */
export function saltOf(safe: string, word: string): string {
  const coder = AbiCoder.defaultAbiCoder()
  return keccak256(coder.encode(['string', 'address', 'string'], ['open-datanets', safe, word]))
}

/** One call of a Safe. */
export interface SafeCall {
  /** The contract that it creates. */
  readonly creates?: ContractName
  readonly title: string
  readonly to: string
  readonly data: string
}

/** A batch in the format of the Safe Transaction Builder. */
export interface SafeBatch {
  readonly version: '1.0'
  readonly chainId: string
  readonly createdAt: 0
  readonly meta: {
    readonly name: string
    readonly description: string
    readonly createdFromSafeAddress: string
  }
  readonly transactions: readonly {
    readonly to: string
    readonly value: '0'
    readonly data: string
    readonly contractMethod: null
    readonly contractInputsValues: null
  }[]
}

export interface BatchLabel {
  readonly safe: string
  readonly chainId: bigint
  readonly name: string
}

/** Calls as a batch that the Safe Transaction Builder imports; the titles of its calls are its description. */
export function safeBatch({ safe, chainId, name }: BatchLabel, calls: readonly SafeCall[]): SafeBatch {
  return {
    version: '1.0',
    chainId: chainId.toString(),
    // No clock: the same plan gives the same file.
    createdAt: 0,
    meta: { name, description: calls.map(({ title }) => title).join('; '), createdFromSafeAddress: safe },
    transactions: calls.map(({ to, data }) => {
      return { to, value: '0', data, contractMethod: null, contractInputsValues: null }
    }),
  }
}

/** Writes a batch whole or not at all. */
export async function writeSafeBatch(path: string, batch: SafeBatch): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.tmp`, `${JSON.stringify(batch, null, 2)}\n`)
  await rename(`${path}.tmp`, path)
}

/** A plan as the calls of a Safe, and where its contracts will lie. */
export function safeCallsOf(
  plan: readonly Step[],
  salt: string,
): {
  calls: SafeCall[]
  addresses: Record<ContractName, string>
} {
  const addresses: Partial<Record<ContractName, string>> = {}
  const calls = plan.map((step): SafeCall => {
    const factory = FACTORIES[step.contract]
    const abi = new Interface(factory.abi as InterfaceAbi)
    const args = step.args.map(value => resolved(value, addresses))
    if (step.kind === 'call') {
      const to = addresses[step.contract] as string
      return { title: step.title, to, data: abi.encodeFunctionData(step.method, args) }
    }
    const code = concat([factory.bytecode, abi.encodeDeploy(args)])
    addresses[step.contract] = getCreate2Address(DEPLOYMENT_PROXY, salt, keccak256(code))
    const data = concat([salt, code])
    return { title: step.title, to: DEPLOYMENT_PROXY, data, creates: step.contract }
  })
  return { calls, addresses: addresses as Record<ContractName, string> }
}

/** Cuts calls into batches that fit into a transaction: their gas together stays within the limit. */
export function batchesWithin<C extends SafeCall & { readonly gas: bigint }>(
  calls: readonly C[],
  limit: bigint,
): C[][] {
  const batches: C[][] = []
  let used = limit
  for (const call of calls) {
    if (batches.length === 0 || used + call.gas > limit) {
      batches.push([])
      used = 0n
    }
    batches.at(-1)?.push(call)
    used += call.gas
  }
  return batches
}
