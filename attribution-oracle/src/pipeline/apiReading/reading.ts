import {
  poolParts,
  type AccountClaim,
  type AccountRewards,
  type ApiReading,
  type ContributionDecision,
  type ContributionQuery,
  type EpochAttestations,
  type EpochFigures,
  type EpochManifest,
  type EpochSummary,
  type ExplainTarget,
  type ListQuery,
  type Post,
  type RegisteredModel,
  type ServedFile,
  type ServedProof,
  type ServedSystem,
} from '../../domain'
import { isFault } from '../../errors'
import { checksumAddress, fromHex, toHex } from '../../settlement'
import { accountRewards, servedProof, type EpochLedger } from './accountRewards'
import type { Decided } from './decisions'
import { epochQuestions, type EpochQuestions } from './epochQuestions'
import { attestationsOf, carFromContent, servedFile, settledHere } from './publishFolder'
import { notReady, ServedEpochs, type ServedDependencies } from './servedEpochs'

export interface ReadingDependencies extends ServedDependencies {
  /** who reads whole epochs; whoever calls where it is absent */
  questions?: EpochQuestions | undefined
}

export interface ReadingOptions {
  /** memory for pages of tree files, bytes */
  cacheBytes?: number
}

/** An ApiReading with the loop that keeps it fresh. */
export interface LiveReading extends ApiReading {
  /** Looks at the chain once. @throws RPC_FAILED, WRONG_CHAIN */
  refresh(): Promise<void>
  /** Looks again and again, until the signal ends it. */
  follow(pollMs: number, signal: AbortSignal): Promise<void>
  ready(): { ready: boolean; reasons: string[] }
  close(): void
}

const CACHE_BYTES = 256 * 1024 * 1024
/** Explanations read a whole epoch: one at a time, and no more than so many wait. */
const MOST_WAITING = 8

/**
 * The reading half of the service over chain, content and the publish folder; it holds no key and writes nothing but
 * tree files that are missing. The token is asked for once.
 * @throws RPC_FAILED
 */
export async function openReading(
  deps: ReadingDependencies,
  { cacheBytes = CACHE_BYTES }: ReadingOptions = {},
): Promise<LiveReading> {
  const { chainId, vault } = deps.system
  const system = { chainId, vault, token: await deps.rewards.token() }
  return new ServedReading(deps, system, new ServedEpochs(deps, cacheBytes))
}

class ServedReading implements LiveReading {
  private readonly questions: EpochQuestions
  private explaining: Promise<unknown> = Promise.resolve()
  private waiting = 0

  constructor(
    private readonly deps: ReadingDependencies,
    private readonly served: ServedSystem,
    private readonly epochsNow: ServedEpochs,
  ) {
    this.questions = deps.questions ?? epochQuestions(deps)
  }

  refresh = (): Promise<void> => this.epochsNow.refresh()
  follow = (pollMs: number, signal: AbortSignal): Promise<void> => this.epochsNow.follow(pollMs, signal)
  ready = (): { ready: boolean; reasons: string[] } => this.epochsNow.ready()
  close = (): void => this.epochsNow.close()
  system = (): ServedSystem => this.served

  async rewards(account: Uint8Array): Promise<AccountRewards> {
    const { root, epoch, block, paid } = await this.deps.rewards.paid(toHex(account))
    this.epochsNow.vault = { root, epoch }
    const current = this.epochsNow.paidBy({ root, epoch })
    const { pending } = this.epochsNow
    return this.epochsNow.reading(() =>
      accountRewards(account, {
        keccak: this.deps.keccak,
        current,
        pending: pending && pending.file.header.epoch > epoch ? pending : undefined,
        paid: current ? this.epochsNow.upTo(current) : [],
        block,
        paused: epoch > 0 && /^0x0*$/.test(root),
        claimed: paid,
      }),
    )
  }

  async proof(account: Uint8Array, epoch: number | undefined): Promise<ServedProof | undefined> {
    const ledger = epoch === undefined ? this.currentLedger() : this.epochsNow.ledger(epoch)
    return this.epochsNow.reading(() => {
      const found = ledger?.file.find(account)
      return found && servedProof(this.deps.keccak, ledger!, found)
    })
  }

  async claim(account: Uint8Array): Promise<AccountClaim | undefined> {
    const { proof, amount, claimed, block, paused } = await this.rewards(account)
    if (!proof) return undefined
    const claimable = amount > claimed ? amount - claimed : 0n
    return { ...this.deps.rewards.claimCall(proof), proof, claimable, block, paused }
  }

  epochs({ after, limit }: ListQuery): Promise<readonly EpochSummary[]> {
    const { states } = this.epochsNow
    const numbers = states.numbers.filter(epoch => after === undefined || BigInt(epoch) < after)
    return Promise.resolve(numbers.slice(0, limit).map(epoch => states.get(epoch)!))
  }

  epoch = (epoch: number): Promise<EpochSummary | undefined> =>
    Promise.resolve(this.epochsNow.states.get(epoch))

  manifest(epoch: number): Promise<EpochManifest | undefined> {
    const ledger = this.epochsNow.ledger(epoch)
    return Promise.resolve(ledger && manifestOf(ledger))
  }

  async file(epoch: number, kind: 'tree' | 'car'): Promise<ServedFile | undefined> {
    const { state, post } = this.epochsNow.states.get(epoch) ?? {}
    const final = state === 'final'
    const file = state && (await servedFile(this.deps.publishFolder, epoch, kind, final))
    // what is not final may be anybody's: nothing is made of it
    return file ?? (kind === 'car' && final && post ? carFromContent(this.deps.content, post) : undefined)
  }

  async attestations(epoch: number): Promise<EpochAttestations | undefined> {
    const { publishFolder } = this.deps
    const attestations = await attestationsOf(publishFolder, epoch)
    const known = this.epochsNow.states.get(epoch)
    const post = (await settledHere(publishFolder, epoch)) ?? known?.post
    return known || post || attestations.length > 0 ? { post, attestations } : undefined
  }

  async contribution(id: bigint, epoch: number | undefined): Promise<ContributionDecision | undefined> {
    const post = this.postOf(epoch)
    const found = post && (await this.questions.decision({ post, id }))
    return found && this.epochsNow.reading(() => this.named(found))
  }

  async contributions({
    account,
    epoch,
    after,
    limit,
  }: ContributionQuery): Promise<readonly ContributionDecision[] | undefined> {
    const post = this.postOf(epoch)
    if (!post) return epoch === undefined ? [] : undefined
    return this.epochsNow.reading(async () => {
      const owner = account && this.epochsNow.ledger(post.epoch)?.file.find(account)?.index
      if (account && owner === undefined) return []
      const found = await this.questions.decisions({ post, owner, after, limit })
      return found.map(each => this.named(each))
    })
  }

  models({ after, limit }: ListQuery): Promise<readonly RegisteredModel[]> {
    const models = this.epochsNow.history?.models ?? []
    const rest = models.filter(({ modelId }) => after === undefined || BigInt(modelId) > after)
    return Promise.resolve(rest.slice(0, limit))
  }

  figures({ after, limit }: ListQuery): Promise<readonly EpochFigures[]> {
    const { final } = this.epochsNow.states
    const all = final.map((post, i) => ({
      epoch: post.epoch,
      block: Number(post.blockNumber),
      accounts: post.ledgerCount,
      entries: post.journalCount,
      pools: post.manifestCount,
      amount: post.total - (final[i - 1]?.total ?? 0n),
      total: post.total,
    }))
    const rest = all.filter(({ epoch }) => after === undefined || BigInt(epoch) > after)
    return Promise.resolve(rest.slice(0, limit))
  }

  async explain(target: ExplainTarget, epoch: number): Promise<string | undefined> {
    const post = this.postOf(epoch)
    if (!post) return undefined
    if (this.waiting >= MOST_WAITING) throw notReady('Another explanation', `${MOST_WAITING} wait already`)
    this.waiting++
    const answer = this.explaining.then(() => this.explained(target, post))
    this.explaining = answer.catch(() => undefined).finally(() => this.waiting--)
    return answer
  }

  private async explained(target: ExplainTarget, post: Post): Promise<string | undefined> {
    if ('contribution' in target) return this.explainedContribution(post, target.contribution)
    const account = fromHex(target.account)
    if (!this.epochsNow.ledger(post.epoch)?.file.find(account)) return undefined
    const posts = this.epochsNow.states.get(post.epoch)?.posts
    const status = posts?.findLast(each => each.post.dataDigest === post.dataDigest)?.status ?? null
    return this.questions.explainAccount({
      account: checksumAddress(this.deps.keccak, account),
      ...{ post, status },
    })
  }

  private async explainedContribution(post: Post, id: bigint): Promise<string | undefined> {
    try {
      return await this.questions.explainContribution({ post, id })
    } catch (error) {
      if (isFault(error, 'INVALID_ARGUMENT')) return undefined
      throw error
    }
  }

  private named({ epoch, ...decided }: Decided): ContributionDecision {
    const leaf = this.epochsNow.ledger(epoch)?.file.at(decided.contributorIndex)
    const account = leaf ? checksumAddress(this.deps.keccak, leaf.account) : ''
    return { epoch, ...decided, account }
  }

  /** The post of an epoch, or of the newest one that has one. */
  private postOf(epoch: number | undefined): Post | undefined {
    const { states } = this.epochsNow
    if (epoch !== undefined) return states.get(epoch)?.post
    const newest = states.numbers.find(number => states.get(number)?.post)
    return newest === undefined ? undefined : states.get(newest)?.post
  }

  private currentLedger(): EpochLedger | undefined {
    const { vault } = this.epochsNow
    if (!vault) throw notReady('The last final epoch', 'the chain has not been read yet')
    return this.epochsNow.paidBy(vault)
  }
}

function manifestOf({ file: { header }, pools, final }: EpochLedger): EpochManifest {
  const { epoch, ledgerRoot, journalRoot, manifestRoot, dataDigest, ledgerCount: accounts, total } = header
  const named = pools.map(({ prefix: _, ...pool }) => ({
    ...pool,
    ...(poolParts(pool.poolId) ?? { kind: undefined, id: Number(pool.poolId & 0xffffffffn) }),
  }))
  return { epoch, final, ledgerRoot, journalRoot, manifestRoot, dataDigest, accounts, total, pools: named }
}
