import {
  loadKeccak,
  settlePools,
  TreeBuilder,
  treeDomains,
  type Digest,
  type Post,
  type Settlement,
} from '@open-datanets/attribution-oracle'
import { counterBytes } from '@open-datanets/onnx-engine'
import { id } from 'ethers'
import { CHAIN_ID } from './anvil'
import { POOLS, type Protocol } from './protocol'

const SPEC_VERSION = 1
const WHOLE = 10n ** 9n

export interface Epoch {
  readonly settlement: Settlement
  readonly post: Post
}

/** Settles epochs of three Datanets in which every contributor has one contribution of a random weight. */
export class EpochMaker {
  private constructor(
    private readonly protocol: Protocol,
    readonly trees: TreeBuilder,
  ) {}

  static async create(protocol: Protocol): Promise<EpochMaker> {
    const keccak = await loadKeccak()
    const vault = await protocol.system.rewardVault.getAddress()
    return new EpochMaker(
      protocol,
      new TreeBuilder(keccak, treeDomains(keccak, CHAIN_ID, vault, SPEC_VERSION)),
    )
  }

  async settle(epoch: number, last?: Epoch): Promise<Epoch> {
    const { contributors } = this.protocol
    const settlement = settlePools(this.trees, {
      pools: await Promise.all(
        POOLS.map(async poolId => ({
          poolId,
          funded: await this.funded(poolId),
          paidBefore: last?.settlement.manifest.leaves.find(leaf => leaf.poolId === poolId)?.cumulative ?? 0n,
          weights: randomWeights(poolId, epoch, contributors.length),
        })),
      ),
      accounts: contributors,
      previous: last?.settlement.ledger.leaves.map(({ cumulative }) => cumulative) ?? [],
      contributorOf: contributionId => Number(contributionId >> 32n),
    })
    return { settlement, post: this.postOf(epoch, settlement) }
  }

  /** The post over trees. Its block is made up, so that its bytes are the same in every run. */
  postOf(epoch: number, { ledger, journal, manifest, total }: Settlement): Post {
    return {
      epoch,
      specVersion: SPEC_VERSION,
      configDigest: digestOf(`configuration ${epoch}`),
      blockNumber: 20_000_000 + epoch,
      blockHash: digestOf(`block ${epoch}`),
      inputsDigest: digestOf(`inputs ${epoch}`),
      ledgerRoot: ledger.tree.root,
      journalRoot: journal.tree.root,
      manifestRoot: manifest.tree.root,
      ledgerCount: ledger.leaves.length,
      journalCount: journal.leaves.length,
      manifestCount: manifest.leaves.length,
      total,
      dataDigest: digestOf(`data ${epoch}`),
    }
  }

  funded(poolId: bigint): Promise<bigint> {
    return this.protocol.system.rewardEscrow.funded(poolId)
  }
}

export function digestOf(text: string): Digest {
  return id(text) as Digest
}

/** By contribution id: every contributor's first item. */
function randomWeights(poolId: bigint, epoch: number, count: number): Map<bigint, bigint> {
  const stream = counterBytes('bench', 'weights', String(poolId), epoch)
  const mean = Number(WHOLE) / count
  const weights = Array.from({ length: count }, () => BigInt(1 + stream.below(Math.floor(mean))))
  const rest = WHOLE - weights.reduce((sum, weight) => sum + weight, 0n)
  weights[0] = weights[0]! + rest
  return new Map(weights.map((weight, i) => [BigInt(i) << 32n, weight]))
}
