import { toQuantity, ZeroHash, type HDNodeWallet } from 'ethers'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openContentStore } from '@open-datanets/content-store'
import local from '../../../deployments/parameters.local.json'
import { batchManifest, itemSalt, itemsTree } from '../../../scripts/batchManifest'
import { parseDeployParameters } from '../../../scripts/deployParameters'
import { deploySystem } from '../../../scripts/deploySystem'
import type { System } from '../../../scripts/system'
import {
  Attestor,
  ChainReader,
  Challenger,
  openProvider,
  OracleReader,
  Poster,
  Slashing,
  type RpcPool,
} from '../../src/chain'
import { DEFAULT_FEES } from '../../src/chain/sending'
import { canonicalBytes, sha256, type ContentStore, type Digest } from '../../src/domain'
import { privateKeySigner } from '../../src/keys'
import type { Operating } from '../../src/pipeline'
import { toWeights } from '../../src/scoring'
import { DEFAULT_SCREENING_RULES, screen } from '../../src/screening'
import { loadKeccak } from '../../src/settlement'
import { EpochStore } from '../../src/store'
import { startAnvil, type Anvil } from './anvil'
import { openMemoryStore } from './memoryStore'
import { SOURCES } from './sources'
import { tinyScorer } from './tinyScorer'

export const WINDOW = 86_400

/** What compose() builds, but for the configuration. */
export type OracleProcess = Operating & {
  challenger: Challenger | undefined
  slashing: Slashing | undefined
  attestor: Attestor | undefined
  oracle: OracleReader
  lock?: () => ReturnType<EpochStore['lock']>
}

/** A live datanet on a node of its own: contributors, an exact copier, a base model with an adapter, paid requests. */
export class Datanet {
  /** contribution ids in the order of their commitment */
  readonly ids: number[] = []
  /** of the oracle processes, which end with the scene */
  private readonly pools: RpcPool[] = []

  private constructor(
    readonly anvil: Anvil,
    readonly system: System,
    readonly content: ContentStore,
    readonly folder: string,
    readonly operator: HDNodeWallet,
    readonly liar: HDNodeWallet,
    /** opens epochs, and is the guardian */
    readonly manager: HDNodeWallet,
    /** all of them, in the order of their seats */
    readonly operators: readonly HDNodeWallet[],
  ) {}

  /**
   * @param faults how many operators may be faulty; a post needs one word more
   * @param more operators beyond the ones that every scene has: accounts 20, 21, …
   */
  static async start(faults = 0, more = 0): Promise<Datanet> {
    const anvil = await startAnvil()
    return Datanet.on(anvil, faults, more).catch(async (error: unknown) => {
      await anvil.stop()
      throw error
    })
  }

  private static async on(anvil: Anvil, faults: number, more: number): Promise<Datanet> {
    const folder = await mkdtemp(join(tmpdir(), 'oracle-datanet-'))
    const [owner, operator, liar] = [anvil.account(0), anvil.account(1), anvil.account(2)]
    const [third, manager] = [anvil.account(8), anvil.account(9)]
    const accounts = [operator, liar, ...(faults > 0 ? [third] : [])]
    for (let i = 0; i < more; i++) {
      accounts.push(anvil.account(20 + i))
      await anvil.provider.send('anvil_setBalance', [accounts.at(-1)!.address, toQuantity(10n ** 21n)])
    }
    const operators = accounts.map(({ address }) => address)
    const parameters = parseDeployParameters({
      ...local,
      roles: { guardian: manager.address, epochManager: manager.address },
      operators: { ...local.operators, accounts: operators, faults },
      challengeWindow: WINDOW,
      responseWindow: WINDOW / 4,
      emission: { ...local.emission, feeCap: null },
    })
    const system = await deploySystem(owner, parameters)
    const datanet = new Datanet(
      anvil,
      system,
      openContentStore(join(folder, 'content')),
      folder,
      operator,
      liar,
      manager,
      accounts,
    )
    await (await system.datanetRegistry.createDatanet('Solidity code', ZeroHash, 0)).wait()
    for (const account of accounts) {
      const bond = parameters.operators.minimumBond
      await (await system.token.transfer(account.address, bond)).wait()
      await (await system.token.connect(account).approve(system.operatorSet, bond)).wait()
      await (await system.operatorSet.connect(account).bond(bond)).wait()
    }
    const governance = await anvil.impersonate(await system.timelock.getAddress())
    await (await system.emissionController.connect(governance).setWeights([1], [10_000])).wait()
    // the first emission has to have vested
    await anvil.pass(parameters.emission.epochLength)
    return datanet
  }

  /** Commits a batch; `publish: false` keeps its manifest from the content store. */
  async contribute(index: number, texts: readonly string[], publish = true): Promise<void> {
    const { datanetRegistry } = this.system
    const contributor = this.anvil.account(index)
    const scope = {
      chainId: 31337n,
      registry: await datanetRegistry.getAddress(),
      datanetId: 1,
      contributor: contributor.address,
    }
    const items = []
    for (const [i, text] of texts.entries()) {
      const digest = await this.content.put(Buffer.from(text))
      const salt = itemSalt(scope, digest, 'test')
      items.push({ name: `${i}.sol`, mediaType: 'text/x-solidity', digest, size: text.length, salt })
    }
    const manifest = canonicalBytes(batchManifest(scope, items))
    if (publish) await this.content.put(manifest)
    const { root } = itemsTree(scope, items)
    const registry = datanetRegistry.connect(contributor)
    await (await registry.commitBatch(1, root, items.length, sha256(manifest))).wait()
    const { index: own } = await registry.contributorIndexOf(contributor)
    const end = Number(own) * 2 ** 32 + Number(await registry.contributionCountOf(contributor))
    this.ids.push(...items.map((_, i) => end - items.length + i))
  }

  /** Registers a model that was trained on contributions by their places: a base model, or an adapter of `base`. */
  async model(
    places: number[],
    base?: { modelId: number; manifest: Digest },
    publish = true,
    decodes = true,
    trained: { tokenizer?: string; recipe?: object; graph?: Uint8Array } = {},
  ): Promise<Digest> {
    const contributionIds = places.map(place => this.ids[place]!)
    const bytes =
      trained.graph ?? Buffer.from(`${decodes ? 'graph' : 'broken'} of ${contributionIds.join()}, ${publish}`)
    const graph = publish ? await this.content.put(bytes) : sha256(bytes)
    const manifest = await this.content.put(
      canonicalBytes({
        format: 'open-datanets/training-manifest',
        version: 1,
        kind: base ? 'adapter' : 'base',
        name: 'm',
        baseModelId: base?.modelId ?? 0,
        base: base?.manifest ?? null,
        contributionIds,
        tokenizer: await this.content.put(Buffer.from(trained.tokenizer ?? '{}')),
        ...trained.recipe,
        model: graph,
        checkpoints: [graph],
      }),
    )
    const params = {
      name: 'm',
      baseModelId: base?.modelId ?? 0,
      datanetId: 1,
      artifactDigest: graph,
      manifestDigest: manifest,
    }
    const terms = { pricePerToken: 1n, supersedes: 0, lineageBps: 0 }
    await (await this.system.modelRegistry.registerModel({ ...params, ...terms })).wait()
    return manifest
  }

  /**
   * A payer buys one answer, and the server redeems it with receipts; `explained: false` publishes wrong ones,
   * `collect: false` leaves the fee outside of the pool.
   * @returns the digest of the receipts
   */
  async buy(
    modelId: number,
    output: string,
    price: bigint,
    explained = true,
    collect = true,
  ): Promise<Digest> {
    const { token, inferencePayments } = this.system
    const [server, payer] = [this.anvil.account(0), this.anvil.account(3)]
    await (await token.transfer(payer.address, price)).wait()
    await (await token.connect(payer).approve(inferencePayments, price)).wait()
    await (await inferencePayments.connect(payer).deposit(price)).wait()
    const from = await inferencePayments.redeemed(payer.address, modelId)
    const voucher = { payer: payer.address, modelId, cumulative: from + price }
    const payments = await inferencePayments.getAddress()
    const domain = {
      name: 'OpenDatanets InferencePayments',
      version: '1',
      chainId: 31337n,
      verifyingContract: payments,
    }
    const fields = ['address payer', 'uint32 modelId', 'uint128 cumulative'].map(field => {
      const [type, name] = field.split(' ') as [string, string]
      return { type, name }
    })
    const signature = await payer.signTypedData(domain, { Voucher: fields }, voucher)
    const receipt = {
      sequence: 0,
      requestId: 'r',
      modelId,
      adapter: null,
      promptTokens: [1],
      outputTokens: [...Buffer.from(output)],
      price: explained ? price : price - 1n,
      cumulative: from + (explained ? price : price - 1n),
      previous: ZeroHash,
    }
    const unsigned = {
      format: 'open-datanets/receipts',
      version: 1,
      chainId: 31337,
      payments,
      modelId,
      payer: payer.address,
      server: server.address,
      from,
      to: voucher.cumulative,
      receipts: [{ ...receipt, digest: sha256(canonicalBytes(receipt)) }],
    }
    const signed = await server.signMessage(Buffer.from(sha256(canonicalBytes(unsigned)).slice(2), 'hex'))
    const receipts = await this.content.put(canonicalBytes({ ...unsigned, signature: signed }))
    await (await inferencePayments.redeem(voucher, signature, receipts)).wait()
    if (collect) await (await inferencePayments.collectContributors(modelId)).wait()
    return receipts
  }

  /**
   * Opens an epoch on chain with an evaluation over one file, and pays one emission into the datanet's pool.
   * @param closing blocks after which the epoch closes by itself; without them the poster chooses
   */
  async openEpoch(epoch: number, closing?: number): Promise<void> {
    const held = await this.content.put(Buffer.from(SOURCES.clock))
    const items = [{ name: 'clock.sol', digest: held, size: SOURCES.clock.length }]
    const evaluation = await this.content.put(
      canonicalBytes({ format: 'open-datanets/evaluation', version: 1, salt: '0x00', items }),
    )
    const scoring = {
      projection: 8,
      fisherSamples: 8,
      windowTokens: 64,
      damping: '0.1',
      seed: 's',
      clipQuantile: '0.99',
    }
    const config = await this.content.put(
      canonicalBytes({
        format: 'open-datanets/epoch-config',
        version: 1,
        specVersion: 1,
        epoch,
        datanetId: 1,
        evaluation,
        ...(closing !== undefined && { closing: { blocks: closing } }),
        screening: DEFAULT_SCREENING_RULES,
        scoring,
      }),
    )
    await (await this.system.attributionOracle.connect(this.manager).openEpoch(epoch, config)).wait()
    await (await this.system.emissionController.fundEpoch()).wait()
  }

  addresses() {
    const { contracts } = this.system.record
    return {
      datanetRegistry: contracts.datanetRegistry.address,
      modelRegistry: contracts.modelRegistry.address,
      inferencePayments: contracts.inferencePayments.address,
      rewardEscrow: contracts.rewardEscrow.address,
      rewardVault: contracts.rewardVault.address,
      attributionOracle: contracts.attributionOracle.address,
      operatorSet: contracts.operatorSet.address,
      fraudProofs: contracts.fraudProofs.address,
      settlementProofs: contracts.settlementProofs.address,
      pageDemands: contracts.pageDemands.address,
    }
  }

  /**
   * An oracle process: its own store and publish folder, the shared chain and content. Without a key it only computes.
   * @param at other endpoints than the node itself, another store than one in memory, another time after which a
   * transaction is replaced
   */
  async oracle(
    name: string,
    key?: string,
    at: {
      rpcUrls?: string[]
      store?: string
      timeoutMs?: number
      patienceMs?: number
      bumpAfterMs?: number
    } = {},
  ): Promise<OracleProcess> {
    const urls = at.rpcUrls ?? [this.anvil.url]
    const { timeoutMs = 15_000, patienceMs } = at
    const patience = patienceMs === undefined ? {} : { patienceMs }
    const provider = openProvider({ urls, chainId: 31337, pollMs: 20, timeoutMs, ...patience })
    this.pools.push(provider)
    const addresses = this.addresses()
    const { blockNumber: startBlock } = this.system.record
    const store = await (at.store === undefined ? openMemoryStore() : EpochStore.open(at.store))
    const signer = key === undefined ? undefined : privateKeySigner(key)
    const { bumpAfterMs = DEFAULT_FEES.bumpAfterMs } = at
    const sending = { fees: { ...DEFAULT_FEES, bumpAfterMs } }
    return {
      chain: await ChainReader.connect(provider, { chainId: 31337, startBlock, addresses, logs: store.logs }),
      store,
      content: this.content,
      keccak: await loadKeccak(),
      screen,
      // the scene's models are no graphs; content whose bytes say so stands for one that cannot be decoded
      checkModel: (_tokenizer, graph) => !Buffer.from(graph).toString().startsWith('broken'),
      scoreEpoch: tinyScorer,
      toWeights,
      workers: 1,
      publishFolder: join(this.folder, name),
      oracle: new OracleReader(provider, addresses),
      poster: signer && new Poster(provider, signer, addresses, store.outbox, sending),
      challenger: signer && new Challenger(provider, signer, addresses, store.outbox, sending),
      slashing: signer && new Slashing(provider, signer, addresses, store.outbox, sending),
      attestor: signer && new Attestor(provider, signer, 31337, addresses),
      system: {
        chainId: 31337,
        vault: addresses.rewardVault,
        registry: addresses.datanetRegistry,
        payments: addresses.inferencePayments,
      },
      onProgress: () => undefined,
    }
  }

  async stop(): Promise<void> {
    for (const pool of this.pools) pool.destroy()
    await this.anvil.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
