import { FunctionFragment, Interface, type InterfaceAbi } from 'ethers'
import { z } from 'zod'

import { abiArguments } from './abiArguments'
import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { ProtocolError, type Fault } from './errors'
import { readJsonFile } from './jsonFile'
import type { ProtocolCall } from './protocolCall'
import { systemCall } from './protocolCall'
import { FACTORIES, type System } from './system'

const argumentList = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())], {
  error: 'a list of arguments, or an object by their names',
})

const calls = z.strictObject({
  format: z.literal('open-datanets/calls', '"open-datanets/calls"'),
  version: z.literal(1, '1'),
  /** What is proposed and why; its hash is part of the proposal. */
  description: z.string().min(1, { error: 'a text' }),
  calls: z
    .array(
      z.strictObject({
        contract: z.enum(CONTRACT_NAMES, `one of: ${CONTRACT_NAMES.join(', ')}`),
        /** By name, or by signature where the name is overloaded. */
        method: z.string().min(1, { error: 'the name of a function' }),
        arguments: argumentList,
      }),
      'a list of calls',
    )
    .min(1, { error: 'at least one call' }),
})

const PROVERS = ['fraudProofs', 'settlementProofs', 'pageDemands'] as const

const evidence = z.strictObject({
  format: z.literal('open-datanets/evidence', '"open-datanets/evidence"'),
  version: z.literal(1, '1'),
  contract: z.enum(PROVERS, `one of: ${PROVERS.join(', ')}`),
  method: z.string().min(1, { error: 'the name of a function' }),
  arguments: argumentList,
})

/**
 * What governance is to do, out of a file; every argument is checked against the ABI.
 * @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID with every fault.
 */
export async function readCalls(
  system: System,
  path: string,
): Promise<{ description: string; calls: ProtocolCall[] }> {
  const file = await readJsonFile(path, calls, 'DOCUMENT_INVALID')
  const faults: Fault[] = []
  const list = file.calls.map(({ contract, method, arguments: given }, i) => {
    return callOf(system, contract, method, given, `calls.${i}`, faults)
  })
  if (faults.length > 0) throw new ProtocolError('DOCUMENT_INVALID', { path, faults })
  return { description: file.description, calls: list as ProtocolCall[] }
}

/**
 * The proof of a lie, or a page's demand or answer, out of a file.
 * @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID with every fault.
 */
export async function readEvidence(system: System, path: string): Promise<ProtocolCall> {
  const { contract, method, arguments: given } = await readJsonFile(path, evidence, 'DOCUMENT_INVALID')
  const faults: Fault[] = []
  const call = callOf(system, contract, method, given, 'evidence', faults)
  if (faults.length > 0) throw new ProtocolError('DOCUMENT_INVALID', { path, faults })
  return call as ProtocolCall
}

function callOf(
  system: System,
  contract: ContractName,
  method: string,
  given: unknown,
  name: string,
  faults: Fault[],
): ProtocolCall | undefined {
  const abi = new Interface(FACTORIES[contract].abi as InterfaceAbi)
  const functions = sending(abi)
  const found = functions.filter(
    fragment => fragment.name === method || fragment.format('sighash') === method,
  )
  const [fragment] = found
  if (fragment === undefined || found.length > 1) {
    const names = (found.length > 1 ? found : functions).map(known => known.format('sighash'))
    faults.push({ name: `${name}.method`, got: `"${method}"`, expected: `one of: ${names.join(' ')}` })
    return undefined
  }
  const args = abiArguments(fragment, given, `${name}.arguments`, faults)
  return systemCall(system, `${contract}.${fragment.name}`, contract, fragment.format('sighash'), args)
}

/** The functions of a contract that change something. */
export function sending(abi: Interface): FunctionFragment[] {
  return abi.fragments.filter((fragment): fragment is FunctionFragment => {
    return FunctionFragment.isFragment(fragment) && !fragment.constant
  })
}
