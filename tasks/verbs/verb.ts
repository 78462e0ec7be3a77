import type { ContractName } from '../../scripts/deploymentRecord'
import type { ProtocolCall } from '../../scripts/protocolCall'
import type { System } from '../../scripts/system'

/** One parameter of a task. */
export interface VerbParameter {
  /** camelCase; `--like-this` on the command line. */
  readonly name: string
  readonly help: string
  /** Written in OPEN ("12.5") or wei ("7wei"). */
  readonly unit?: 'OPEN'
  /** The names of an enum's values, in its order. */
  readonly choices?: readonly string[]
  /** Taken where the parameter is left out; without it the parameter is required. `sender`: the account that sends. */
  readonly fallback?: string
}

/** What a verb's own preparation works with. */
export interface Preparation {
  readonly system: System
  readonly values: Readonly<Record<string, string>>
  /** The account that the call comes from. */
  readonly sender: string
}

/** A function of a contract that a task reaches; `*`: every one of its functions. */
export type Reached = readonly [contract: ContractName, method: string]

/** A task that sends what it builds itself. */
export interface BuiltVerb {
  readonly task: string
  readonly description: string
  readonly parameters: readonly VerbParameter[]
  readonly reaches: readonly Reached[]
  readonly build: (input: Preparation) => Promise<readonly ProtocolCall[]>
}

/** A task that sends one call to one contract of the system. */
export interface ContractVerb {
  readonly task: string
  readonly description: string
  readonly contract: ContractName
  /** By name, or by signature where the name is overloaded. */
  readonly method: string
  /** One for each argument, the fields of structs in their place; anything at all where `prepare` makes the arguments. */
  readonly parameters: readonly VerbParameter[]
  /** Makes the arguments where they are not the parameters, one by one: out of files, or of what the chain says. */
  readonly prepare?: (input: Preparation) => Promise<readonly unknown[]>
  /** What the contract pulls from the sender, who has to allow it first: the parameter with the amount, or the amount. */
  readonly spends?: string | ((input: Preparation) => Promise<bigint>)
}

export type Verb = ContractVerb | BuiltVerb

export const account = (name: string, help: string): VerbParameter => ({ name, help })
export const open = (name: string, help: string): VerbParameter => ({ name, help, unit: 'OPEN' })
export const DATANET: VerbParameter = { name: 'datanet', help: 'Id of the datanet' }
export const MODEL: VerbParameter = { name: 'model', help: 'Id of the model' }
export const FIRST: VerbParameter = { name: 'first', help: 'Id of the first contribution' }
export const COUNT: VerbParameter = { name: 'count', help: 'How many contributions, from the first one on' }
