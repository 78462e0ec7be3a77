import { ZeroHash } from 'ethers'
import local from '../../../deployments/parameters.local.json'
import { parseDeployParameters } from '../../../scripts/deployParameters'
import { deploySystem } from '../../../scripts/deploySystem'
import type { System } from '../../../scripts/system'
import type { Addresses } from '../../src/chain'
import { startAnvil, type Anvil } from './anvil'

/** The whole system on a node of its own, and events in it as they are wanted. */
export class RegistryEvents {
  /** by block, the number of Datanets up to it */
  private readonly created: number[] = []

  private constructor(
    readonly anvil: Anvil,
    private readonly system: System,
  ) {}

  static async start(slots: number): Promise<RegistryEvents> {
    const anvil = await startAnvil(slots)
    return RegistryEvents.on(anvil).catch(async (error: unknown) => {
      await anvil.stop()
      throw error
    })
  }

  private static async on(anvil: Anvil): Promise<RegistryEvents> {
    const [owner, operator, manager] = [anvil.account(0), anvil.account(1), anvil.account(9)]
    const parameters = parseDeployParameters({
      ...local,
      roles: { guardian: manager.address, epochManager: manager.address },
      operators: { ...local.operators, accounts: [operator.address], faults: 0 },
      emission: { ...local.emission, feeCap: null },
    })
    return new RegistryEvents(anvil, await deploySystem(owner, parameters))
  }

  get startBlock(): number {
    return this.system.record.blockNumber
  }

  get addresses(): Addresses {
    const entries = Object.entries(this.system.record.contracts)
    return Object.fromEntries(entries.map(([name, { address }]) => [name, address])) as unknown as Addresses
  }

  /** Creates Datanets, each in a block of its own. @returns the block of the last one */
  async create(count: number): Promise<number> {
    let block = 0
    for (let i = 0; i < count; i++) {
      const sent = await this.system.datanetRegistry.createDatanet('A datanet', ZeroHash, 0)
      block = (await sent.wait())!.blockNumber
      this.created.push(block)
    }
    return block
  }

  /** How many Datanets were created up to a block. */
  countAt(block: number): number {
    return this.created.filter(at => at <= block).length
  }
}
