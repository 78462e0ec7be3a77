import type { AddressLike, BaseContract } from 'ethers'

import type { ContractName } from './deploymentRecord'
import type { Contracts, FACTORIES } from './system'

/** The address of a contract of the plan, known once it is deployed, or planned to be. */
export interface ContractReference {
  readonly addressOf: ContractName
}

/** The address of a contract that a call of the plan creates: the call's contract makes it as its nth creation. */
export interface CreatedReference {
  readonly createdBy: ContractName
  /** The creator's nonce then; the first creation of a contract has the nonce 1. */
  readonly nonce: number
  /** The step that creates it, and the event and argument that name it. */
  readonly step: string
  readonly event: string
  readonly argument: string
  /** Which of the step's events of that name, from 0. */
  readonly index: number
}

export type Reference = ContractReference | CreatedReference

/** A value of a plan: what the ABI takes, with references in the place of addresses that are not known yet. */
export type Value =
  string | number | bigint | boolean | Reference | readonly Value[] | { readonly [field: string]: Value }

/** Contracts first, then what connects them, then, in this order, what gives the deployer's rights away. */
export type Stage = 'contracts' | 'genesis' | 'wiring' | 'hand-over'

export interface DeployStep {
  readonly kind: 'deploy'
  readonly id: string
  readonly stage: 'contracts'
  readonly title: string
  readonly contract: ContractName
  readonly args: readonly Value[]
}

export interface CallStep {
  readonly kind: 'call'
  /** Letters, digits and underscores: it names the step in every journal. */
  readonly id: string
  readonly stage: Exclude<Stage, 'contracts'>
  readonly title: string
  readonly contract: ContractName
  readonly method: string
  readonly args: readonly Value[]
}

export type Step = DeployStep | CallStep

/** An ABI type of typechain with references where it takes addresses. */
export type Planned<T> = AddressLike extends T
  ? string | Reference
  : T extends readonly (infer E)[]
    ? readonly Planned<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Planned<T[K]> }
      : T

type PlannedAll<A extends readonly unknown[]> = { [K in keyof A]: Planned<A[K]> }

type WithoutOverrides<A extends readonly unknown[]> = A extends readonly [...infer Args, unknown]
  ? Args
  : never

/** The constructor arguments of a contract of the plan. */
export type DeployArguments<N extends ContractName> = PlannedAll<
  WithoutOverrides<Required<Parameters<InstanceType<(typeof FACTORIES)[N]>['deploy']>>>
>

/** The methods of a contract of the plan. */
export type MethodOf<N extends ContractName> = Exclude<keyof Contracts[N], keyof BaseContract> & string

/** The arguments of one of them. */
export type CallArguments<N extends ContractName, M extends MethodOf<N>> = Contracts[N][M] extends {
  staticCall: (...args: infer A) => unknown
}
  ? PlannedAll<WithoutOverrides<Required<A>>>
  : never
