import {
  BaseContract,
  Interface,
  Result,
  type ContractTransactionReceipt,
  type InterfaceAbi,
  type Provider,
  type Signer,
  ZeroAddress,
} from 'ethers'

import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { ProtocolError } from './errors'
import { mined } from './minedTransaction'
import { reasonOf } from './revertReason'
import type { SafeCall } from './safeBatch'
import { FACTORIES, type System } from './system'

/** One call of the protocol: what to call, where, and with what. */
export interface ProtocolCall {
  /** Its name in messages. */
  readonly title: string
  readonly to: string
  readonly abi: Interface
  /** The function by name or signature. */
  readonly method: string
  readonly args: readonly unknown[]
}

export interface EventText {
  readonly contract: string
  readonly event: string
  readonly args: Readonly<Record<string, unknown>>
}

/** What a sent call did. */
export interface SentCall {
  readonly call: string
  readonly returned: readonly unknown[]
  readonly transactionHash: string
  readonly blockNumber: number
  readonly gasUsed: bigint
  readonly events: readonly EventText[]
}

/** A call of one of the system's contracts. */
export function systemCall(
  { record }: System,
  title: string,
  contract: ContractName,
  method: string,
  args: readonly unknown[],
): ProtocolCall {
  const abi = new Interface(FACTORIES[contract].abi as InterfaceAbi)
  return { title, to: record.contracts[contract].address, abi, method, args }
}

/**
 * Tries a call without sending it, as an account.
 * @returns what it would return.
 * @throws ProtocolError TRANSACTION_REVERTED with the decoded reason.
 */
export async function tryCall(
  provider: Provider,
  from: string,
  call: ProtocolCall,
): Promise<readonly unknown[]> {
  const { abi, method, to, args, title } = call
  const data = abi.encodeFunctionData(method, args)
  const answer = await provider.call({ from, to, data }).catch(cause => {
    throw new ProtocolError(
      'TRANSACTION_REVERTED',
      { call: title, got: reasonOf(cause, abi, ...KNOWN) },
      { cause },
    )
  })
  return abi.decodeFunctionResult(method, answer).toArray().map(plain)
}

/**
 * Tries a call and, where it would succeed, sends it.
 * @throws ProtocolError TRANSACTION_REVERTED with the decoded reason; nothing is sent that the chain would refuse now.
 */
export async function sendProtocolCall(
  signer: Signer,
  system: System,
  call: ProtocolCall,
): Promise<SentCall> {
  const { provider } = signer
  if (!provider) {
    const data = { name: 'signer', got: 'a signer without a chain', expected: 'a signer with a provider' }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  const returned = await tryCall(provider, await signer.getAddress(), call)
  const contract = new BaseContract(call.to, call.abi, signer)
  const sending = contract.getFunction(call.method).send(...call.args)
  const receipt = await mined(call.title, sending, contract, ...KNOWN_CONTRACTS)
  return {
    call: call.title,
    returned,
    transactionHash: receipt.hash,
    blockNumber: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
    events: eventsOf(receipt, system, call),
  }
}

/** A call as a Safe executes it. */
export function asSafeCall({ title, to, abi, method, args }: ProtocolCall): SafeCall {
  return { title, to, data: abi.encodeFunctionData(method, args) }
}

/** A value as people read it: structs and lists in brackets. */
export function readable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(readable).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([field, item]) => `${field} ${readable(item)}`)
      .join(', ')}}`
  }
  return String(value)
}

/** An event on one line: `datanetRegistry.TermsSet(datanetId 1, version 1, ...)`. */
export function eventLine({ contract, event, args }: EventText): string {
  const fields = Object.entries(args).map(([field, value]) => `${field} ${readable(value)}`)
  return `${contract}.${event}(${fields.join(', ')})`
}

function eventsOf(receipt: ContractTransactionReceipt, { record }: System, call: ProtocolCall): EventText[] {
  const names = new Map(CONTRACT_NAMES.map(name => [record.contracts[name].address, name]))
  return receipt.logs.flatMap(log => {
    const name = names.get(log.address)
    const abi = name === undefined ? (log.address === call.to ? call.abi : undefined) : interfaceOf(name)
    const parsed = abi?.parseLog(log)
    if (!parsed) return []
    const args = parsed.fragment.inputs.map(({ name: field }, i) => [field, plain(parsed.args[i])])
    return [{ contract: name ?? call.to, event: parsed.name, args: Object.fromEntries(args) }]
  })
}

/** What ethers decoded as plain values: structs are objects by field. */
export function plain(value: unknown): unknown {
  if (!(value instanceof Result)) return value
  const items = value.toArray().map(plain)
  const names = fieldsIn(value)
  return names.length === 0 ? items : Object.fromEntries(names.map((name, i) => [name, items[i]]))
}

// A list has no names, and ethers says so by throwing.
function fieldsIn(result: Result): string[] {
  try {
    return Object.keys(result.toObject())
  } catch {
    return []
  }
}

function interfaceOf(name: ContractName): Interface {
  return new Interface(FACTORIES[name].abi as InterfaceAbi)
}

// The reason of a refused call may be the custom error of any contract behind it.
const KNOWN = CONTRACT_NAMES.map(interfaceOf)
const KNOWN_CONTRACTS = KNOWN.map(abi => new BaseContract(ZeroAddress, abi))

/** The reason of a failed call, with every custom error of the system known. */
export function knownReason(cause: unknown): string {
  return reasonOf(cause, ...KNOWN)
}
