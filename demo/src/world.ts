import type { ContentStore, Digest } from '@open-datanets/content-store'
import type { System } from '../../scripts/system'
import type { EmbeddedChain } from '@open-datanets/embedded-chain'
import type { GasLedger } from './gasLedger'
import type { Options, Size } from './options'
import type { Roles } from './roles'
import type { Terminal } from './terminal'

/** What every chapter works with. */
export interface World {
  options: Options
  size: Size
  terminal: Terminal
  chain: EmbeddedChain
  roles: Roles
  gas: GasLedger
  content: ContentStore
  /** the rule by which epochs close, in blocks after they can begin; where it is left out the poster chooses */
  closing?: number
  signal: AbortSignal
}

/** The deployed protocol with its one Datanet. */
export interface Stage {
  system: System
  /** Path of the deployment record. */
  record: string
  datanetId: number
}

/** An oracle reads finalized blocks only, and anvil calls a block final after two more. */
export async function finalize(world: World): Promise<void> {
  await world.chain.mine(3)
}

/** Moves the chain's clock; nothing else in the demo depends on time. */
export async function passTime(world: World, seconds: bigint): Promise<void> {
  await world.chain.pass(seconds)
}

export const OPEN = 10n ** 18n

export type { Digest }
