import {
  loadKeccak,
  settlePools,
  TreeBuilder,
  treeDomains,
  type Digest,
  type Post,
  type Posted,
  type Settlement,
} from '@open-datanets/attribution-oracle'
import { counterBytes } from '@open-datanets/onnx-engine'
import { id } from 'ethers'
import { CHAIN_ID } from './anvil'
import { DATANET_POOL, type Protocol } from './protocol'

const SPEC_VERSION = 1
const WHOLE = 10n ** 9n

export interface Epoch {
  readonly settlement: Settlement
  readonly post: Post
}

/** Settles epochs of one Datanet in which every contributor has one contribution of a random weight. */
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
      pools: [
        {
          poolId: DATANET_POOL,
          funded: await this.funded(),
          paidBefore: last?.settlement.total ?? 0n,
          weights: randomWeights(epoch, contributors.length),
        },
      ],
      accounts: contributors,
      previous: last?.settlement.ledger.leaves.map(({ cumulative }) => cumulative) ?? [],
      contributorOf: Number,
    })
    return { settlement, post: await this.postOf(epoch, settlement) }
  }

  /** What the published leaves of a post and the chain say together. */
  async posted(post: Post, settlement: Settlement, last: Epoch): Promise<Posted> {
    return {
      post,
      ledger: settlement.ledger,
      journal: settlement.journal,
      manifest: settlement.manifest,
      last: { post: last.post, ledger: last.settlement.ledger },
      accounts: this.protocol.contributors,
      funded: new Map([[DATANET_POOL, await this.funded()]]),
    }
  }

  async postOf(epoch: number, { ledger, journal, manifest, total }: Settlement): Promise<Post> {
    const { anvil } = this.protocol
    const block = await anvil.provider.getBlock('latest')
    return {
      epoch,
      specVersion: SPEC_VERSION,
      configDigest: digestOf(`configuration ${epoch}`),
      blockNumber: block!.number,
      blockHash: block!.hash as Digest,
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

  private funded(): Promise<bigint> {
    return this.protocol.system.rewardEscrow.funded(DATANET_POOL)
  }
}

export function digestOf(text: string): Digest {
  return id(text) as Digest
}

function randomWeights(epoch: number, count: number): Map<bigint, bigint> {
  const stream = counterBytes('bench', 'weights', epoch)
  const mean = Number(WHOLE) / count
  const weights = Array.from({ length: count }, () => BigInt(1 + stream.below(Math.floor(mean))))
  const rest = WHOLE - weights.reduce((sum, weight) => sum + weight, 0n)
  weights[0] = weights[0]! + rest
  return new Map(weights.map((weight, i) => [BigInt(i), weight]))
}
