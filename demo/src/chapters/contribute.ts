import { canonicalBytes, sha256, type Digest } from '@open-datanets/content-store'
import { DEFAULT_SCREENING_RULES } from '@open-datanets/attribution-oracle'
import { contributeFiles } from '../../../scripts/contribute'
import { copyRenamed, copyUnchanged, noise } from '../adversaries'
import { AUTHORS, readAuthor, type SourceFile } from '../corpus'
import type { ContributorRow } from '../report'
import type { Stage, World } from '../world'

/** Somebody with files to contribute; the split author stands here five times. */
export interface Contributor {
  name: string
  role: ContributorRow['role']
  /** Whose files these were before, for the copiers. */
  source?: string
  account: string
  files: readonly SourceFile[]
}

/** A contributor after its commitments: where it stands on chain. */
export interface Committed extends Contributor {
  contributorIndex: number
  /** Ids of its files, in their order. */
  contributionIds: readonly number[]
}

export interface Corpus {
  contributors: readonly Committed[]
  evaluation: { digest: Digest; files: readonly SourceFile[]; reveal(): Promise<void> }
  batches: number
}

const SPLIT_AUTHOR = 'solidstate'
const SPLIT_ACCOUNTS = 5
const BATCH_SIZE = 20

/** Commits to the held-out files and the rules, then lets everybody contribute. */
export async function contribute(world: World, stage: Stage): Promise<Corpus> {
  const { terminal, options, gas, content, signal } = world
  const { honest, heldOut } = readEverybody(world)
  const evaluation = await commitEvaluation(world, stage, heldOut)

  const cast = [...honest, ...adversaries(honest, options.seed)]
  const total = cast.reduce((sum, { files }) => sum + files.length, 0)
  const progress = terminal.progress('committing files')
  const committed: Committed[] = []
  let done = 0
  let batches = 0
  for (const [index, person] of cast.entries()) {
    const wallet = world.roles.contributor(index)
    const registry = stage.system.datanetRegistry.connect(wallet)
    const saltSeed = `${options.seed}/${person.name}`
    const options_ = { datanetId: stage.datanetId, content, saltSeed, batchSize: BATCH_SIZE, signal }
    const sent = await contributeFiles(registry, person.files, options_)
    for (const batch of sent.batches) gas.add('commit a batch of files', batch.gasUsed)
    const ids = sent.batches.flatMap(({ firstContributionId, items }) =>
      items.map((_, i) => Number(firstContributionId) + i),
    )
    committed.push({
      ...person,
      account: wallet.address,
      contributorIndex: sent.contributorIndex,
      contributionIds: ids,
    })
    batches += sent.batches.length
    progress.update((done += person.files.length), total, person.name)
  }
  progress.stop()
  tell(world, committed, batches)
  return { contributors: committed, evaluation, batches }
}

type Person = Omit<Contributor, 'account'>

function readEverybody({ options, size }: World): { honest: Person[]; heldOut: SourceFile[] } {
  const honest: Person[] = []
  const heldOut: SourceFile[] = []
  for (const author of AUTHORS) {
    const dealt = readAuthor(author, options.seed, size.files, size.heldOut)
    heldOut.push(...dealt.heldOut)
    if (author.name === SPLIT_AUTHOR) honest.push(...splitAccounts(author.name, dealt.files))
    else honest.push({ name: author.name, role: 'author', files: dealt.files })
  }
  return { honest, heldOut }
}

/** One author who hopes that five accounts earn more than one. */
function splitAccounts(name: string, files: readonly SourceFile[]): Person[] {
  const share = Math.ceil(files.length / SPLIT_ACCOUNTS)
  return Array.from({ length: SPLIT_ACCOUNTS }, (_, i) => ({
    name: `${name}-${i + 1}`,
    role: 'split author' as const,
    files: files.slice(i * share, (i + 1) * share),
  }))
}

function adversaries(honest: readonly Person[], seed: string): Person[] {
  const filesOf = (name: string): readonly SourceFile[] =>
    honest.find(person => person.name === name)?.files ?? []
  const everything = honest.flatMap(({ files }) => files)
  const count = Math.max(6, Math.round(filesOf('openzeppelin').length / 2))
  return [
    { name: 'exact-copier', role: 'exact copier', source: 'solady', files: copyUnchanged(filesOf('solady')) },
    {
      name: 'renamed-copier',
      role: 'renamed copier',
      source: 'openzeppelin',
      files: copyRenamed(filesOf('openzeppelin'), seed),
    },
    { name: 'noise-maker', role: 'noise', files: noise(everything, count, seed) },
  ]
}

/** The digests of rules and held-out files go on chain now; what they stand for is revealed when the epoch has closed. */
async function commitEvaluation(
  world: World,
  stage: Stage,
  files: readonly SourceFile[],
): Promise<Corpus['evaluation']> {
  const { options, content } = world
  const items = files.map(({ name, bytes }) => ({ name, digest: sha256(bytes), size: bytes.length }))
  const salt = sha256(new TextEncoder().encode(`open-datanets/demo/evaluation/${options.seed}`))
  const manifest = canonicalBytes({ format: 'open-datanets/evaluation', version: 1, salt, items })
  await openEpoch(world, stage, sha256(manifest), 1)
  const reveal = async (): Promise<void> => {
    for (const { bytes } of files) await content.put(bytes)
    await content.put(manifest)
  }
  return { digest: sha256(manifest), files, reveal }
}

/** Puts an epoch's rules into the content store, and their digest on chain. */
export async function openEpoch(
  { options, content, gas, roles, closing }: World,
  { datanetId, system }: Stage,
  evaluation: Digest,
  epoch: number,
): Promise<void> {
  const config = canonicalBytes({
    format: 'open-datanets/epoch-config',
    version: 1,
    specVersion: 1,
    epoch,
    datanetId,
    evaluation,
    ...(closing !== undefined && { closing: { blocks: closing } }),
    screening: DEFAULT_SCREENING_RULES,
    scoring: {
      projection: 16,
      fisherSamples: 384,
      windowTokens: 64,
      damping: '0.1',
      seed: options.seed,
      clipQuantile: '0.99',
    },
  })
  const opening = system.attributionOracle.connect(roles.epochManager)
  await gas.mined('open an epoch', opening.openEpoch(epoch, await content.put(config)))
}

function tell({ terminal }: World, committed: readonly Committed[], batches: number): void {
  const count = (people: readonly Contributor[]): number =>
    people.reduce((sum, { files }) => sum + files.length, 0)
  const bytes = committed.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes.length, 0)
  const authors = committed.filter(({ role }) => role === 'author')
  terminal.fact(
    `${count(committed)} files, ${(bytes / 1e6).toFixed(2)} MB, in ${batches} batches; ` +
      `${count(authors)} of them by ${authors.map(({ name }) => name).join(', ')}`,
  )
  terminal.fact(`one author split over five accounts: ${SPLIT_AUTHOR}`)
  for (const { name, role, files, source } of committed) {
    if (role === 'author' || role === 'split author') continue
    terminal.fact(`adversary ${name}: ${files.length} files${source ? ` taken from ${source}` : ''}`)
  }
}
