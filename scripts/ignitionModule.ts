import {
  buildModule,
  type ArgumentType,
  type ContractCallFuture,
  type NamedArtifactContractDeploymentFuture,
} from '@nomicfoundation/ignition-core'

import type { ContractName } from './deploymentRecord'
import { isCreated, mapValue } from './planResolution'
import type { Stage, Step } from './planTypes'
import { buildName } from './system'

type Contract = NamedArtifactContractDeploymentFuture<string>
type Call = ContractCallFuture<string, string>

/** The name that a journal files the system under. */
export const MODULE = 'OpenDatanets'

// Each of these steps waits for the one before: addresses follow from the order, and rights are given away last.
const IN_ORDER: readonly Stage[] = ['contracts', 'genesis', 'hand-over']

/** The name of a step in the journal. */
export function futureId({ kind, id }: Step): string {
  return `${MODULE}#${kind}_${id}`
}

/**
 * A plan as a module of Hardhat Ignition: contracts in the order of the plan, so that they get the addresses that
 * `--plan` shows, then the calls, stage after stage. Calls of one stage go out together unless their order matters.
 */
export function ignitionModule(plan: readonly Step[]) {
  return buildModule(MODULE, m => {
    const contracts: Partial<Record<ContractName, Contract>> = {}
    const calls = new Map<string, Call>()
    const argument = (value: Step['args'][number]) =>
      mapValue(value, reference => {
        if (!isCreated(reference)) return contracts[reference.addressOf]
        const { step, event, argument, index } = reference
        const creator = calls.get(step) as Call
        return m.readEventArgument(creator, event, argument, {
          eventIndex: index,
          id: `read_${step}_${index}`,
        })
      }) as ArgumentType
    let before: (Contract | Call)[] = []
    for (const stage of stagesOf(plan)) {
      const done: (Contract | Call)[] = []
      for (const step of plan.filter(({ stage: at }) => at === stage)) {
        const args = step.args.map(argument)
        const previous = IN_ORDER.includes(stage) ? done.slice(-1) : []
        const options = { id: `${step.kind}_${step.id}`, after: [...before, ...previous] }
        const future =
          step.kind === 'deploy'
            ? (contracts[step.contract] = m.contract(buildName(step.contract), args, options))
            : m.call(contracts[step.contract] as Contract, step.method, args, options)
        if (step.kind === 'call') calls.set(step.id, future as Call)
        done.push(future)
      }
      before = done
    }
    return contracts as Record<ContractName, Contract>
  })
}

function stagesOf(plan: readonly Step[]): Stage[] {
  return [...new Set(plan.map(({ stage }) => stage))]
}
