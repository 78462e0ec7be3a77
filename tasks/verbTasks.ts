import { task, types } from 'hardhat/config'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { abiValue, leavesOf, nested } from '../scripts/abiArguments'
import { ProtocolError, type Fault } from '../scripts/errors'
import type { ProtocolCall } from '../scripts/protocolCall'
import { action } from './action'
import { builds } from './builds'
import { sending } from './options'
import { perform, type Sender, type SendingArguments } from './sending'
import { verbs } from './verbs'
import type { ContractVerb, Preparation, Verb } from './verbs/verb'

type VerbArguments = SendingArguments & Readonly<Record<string, unknown>>

for (const verb of verbs) register(verb)

function register(verb: Verb): void {
  const definition = sending(task(verb.task, verb.description))
  for (const { name, help, fallback } of verb.parameters) {
    if (fallback === undefined) definition.addParam(name, help, undefined, types.string)
    else definition.addOptionalParam(name, help, fallback, types.string)
  }
  definition.setAction(
    action<VerbArguments>((args: VerbArguments, hre: HardhatRuntimeEnvironment) => {
      return perform(hre, verb.task, args, sender => callsOf(verb, args, sender))
    }),
  )
}

async function callsOf(
  verb: Verb,
  given: VerbArguments,
  { system, sender }: Sender,
): Promise<readonly ProtocolCall[]> {
  const values = Object.fromEntries(
    verb.parameters.map(({ name, fallback }) => {
      const value = String(given[name] ?? fallback ?? '')
      return [name, fallback === 'sender' && value === 'sender' ? sender : value]
    }),
  )
  const preparation: Preparation = { system, values, sender }
  if ('build' in verb) return verb.build(preparation)
  const args = verb.prepare === undefined ? fromText(verb, values, system) : await verb.prepare(preparation)
  const call = builds().calls.systemCall(system, verb.task, verb.contract, verb.method, args)
  const approval = await approvalOf(verb, preparation, args, call)
  return approval === undefined ? [call] : [approval, call]
}

function fromText(
  verb: ContractVerb,
  values: Readonly<Record<string, string>>,
  system: Preparation['system'],
): unknown[] {
  const fragment = system[verb.contract].interface.getFunction(verb.method as never)
  const inputs = fragment?.inputs ?? []
  const faults: Fault[] = []
  const leaves = leavesOf(inputs).map((type, i) => {
    const parameter = verb.parameters[i]
    const name = parameter?.name ?? type.name
    const value = values[name]
    const chosen = parameter?.choices?.indexOf(value ?? '')
    if (chosen === undefined) return abiValue(type, value, name, faults, parameter?.unit)
    if (chosen !== -1) return BigInt(chosen)
    faults.push({ name, got: `"${value}"`, expected: `one of: ${parameter?.choices?.join(', ')}` })
    return undefined
  })
  if (faults.length > 0) throw new ProtocolError('ARGUMENTS_INVALID', { task: verb.task, faults })
  return nested(inputs, leaves)
}

// What the contract pulls has to be allowed to it first; nothing is allowed beyond that.
async function approvalOf(
  { spends, parameters }: ContractVerb,
  preparation: Preparation,
  args: readonly unknown[],
  { to }: ProtocolCall,
): Promise<ProtocolCall | undefined> {
  if (spends === undefined) return undefined
  const { system, sender } = preparation
  const amount =
    typeof spends === 'string'
      ? BigInt(String(args[parameters.findIndex(({ name }) => name === spends)]))
      : await spends(preparation)
  if ((await system.token.allowance(sender, to)) >= amount) return undefined
  return builds().calls.systemCall(system, 'token:approve', 'token', 'approve', [to, amount])
}
