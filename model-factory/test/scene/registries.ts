import {
  canonicalBytes,
  openContentStore,
  type ContentStore,
  type Digest,
} from '@open-datanets/content-store'
import { ZeroHash } from 'ethers'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  batchManifest,
  itemSalt,
  itemsTree,
  type BatchItem,
  type BatchManifest,
} from '../../../scripts/batchManifest'
import { contributeFiles } from '../../../scripts/contribute'
import {
  DatanetRegistry__factory,
  DatanetStaking__factory,
  ModelRegistry__factory,
  OpenAccess__factory,
  OpenToken__factory,
  type DatanetRegistry,
  type ModelRegistry,
} from '../../../typechain-types'
import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'

/** Both registries on a node of its own, and a content store in a folder. Account 0 owns every Datanet. */
export class Registries {
  private constructor(
    readonly anvil: EmbeddedChain,
    readonly datanets: DatanetRegistry,
    readonly models: ModelRegistry,
    readonly folder: string,
    readonly content: ContentStore,
  ) {}

  static async start(): Promise<Registries> {
    const anvil = await startChain({ args: ['--slots-in-an-epoch', 1] })
    const owner = anvil.account(0)
    const access = await new OpenAccess__factory(owner).deploy(owner)
    const token = await new OpenToken__factory(owner).deploy(owner, access)
    const staking = await new DatanetStaking__factory(owner).deploy(token, access, 86_400)
    const datanets = await new DatanetRegistry__factory(owner).deploy(staking)
    await datanets.waitForDeployment()
    const models = await new ModelRegistry__factory(owner).deploy(datanets)
    await models.waitForDeployment()
    const folder = await mkdtemp(join(tmpdir(), 'model-factory-'))
    return new Registries(anvil, datanets, models, folder, openContentStore(folder))
  }

  /** @param policy open by default */
  async createDatanet(policy = 0): Promise<number> {
    await (await this.datanets.createDatanet('Solidity code', ZeroHash, policy)).wait()
    return Number(await this.datanets.datanetCount())
  }

  /** The id that the next contribution of an account will have. */
  async nextId(account: number): Promise<number> {
    const { address } = this.anvil.account(account)
    const { registered, index } = await this.datanets.contributorIndexOf(address)
    const own = registered ? index : await this.datanets.contributorCount()
    return Number(own) * 2 ** 32 + Number(await this.datanets.contributionCountOf(address))
  }

  /** Contributes texts, as any contributor does. */
  async contribute(datanetId: number, account: number, texts: Record<string, string>): Promise<void> {
    const files = Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) }))
    const registry = this.datanets.connect(this.anvil.account(account))
    await contributeFiles(registry, files, { datanetId, content: this.content, saltSeed: 'test' })
  }

  /** Commits to `a.sol` and `b.sol` and publishes the manifest as `change` left it. */
  async contributeChanged(
    datanetId: number,
    account: number,
    change: (manifest: BatchManifest) => unknown,
  ): Promise<void> {
    const contributor = this.anvil.account(account)
    const registry = await this.datanets.getAddress()
    const scope = { chainId: 31337n, registry, datanetId, contributor: contributor.address }
    const items: BatchItem[] = []
    for (const name of ['a.sol', 'b.sol']) {
      const bytes = Buffer.from(`contract ${name} {}`)
      const digest = await this.content.put(bytes)
      const salt = itemSalt(scope, digest, 'test')
      items.push({ name, mediaType: 'text/x-solidity', digest, size: bytes.length, salt })
    }
    const { root } = itemsTree(scope, items)
    const digest = await this.content.put(canonicalBytes(change(batchManifest(scope, items))))
    await (await this.datanets.connect(contributor).commitBatch(datanetId, root, items.length, digest)).wait()
  }

  /** Where the store keeps an object. */
  pathOf(digest: Digest): string {
    return join(this.folder, 'objects', digest.slice(2, 4), digest.slice(2))
  }

  async stop(): Promise<void> {
    await this.anvil.stop()
    await rm(this.folder, { recursive: true })
  }
}
