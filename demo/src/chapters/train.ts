import {
  compactJob,
  registerModel,
  takeSnapshot,
  trainAdapter,
  trainBase,
  type AdapterModel,
  type BaseModel,
  type FactoryProgress,
  type TrainingJob,
} from '@open-datanets/model-factory'
import type { Report } from '../report'
import { finalize, OPEN, type Stage, type World } from '../world'
import type { Corpus } from './contribute'

export interface Models {
  base: BaseModel & { modelId: number }
  adapters: (AdapterModel & { modelId: number; domain: string })[]
  training: Report['training']
}

const PRICE_PER_TOKEN = 10n * OPEN
/** Part of what decides the bits, so it does not depend on the machine. */
const SHARDS = 2
const DOMAINS = {
  tokens: '/(token|interfaces)/|ERC(20|721|1155|4626)|erc721a',
  mathematics: '[Mm]ath|prb-math|Fixed|Int|cast',
  lending: 'aave/',
}

/** Takes the permitted snapshot, trains a base model and one adapter per sub-domain, measures and registers them. */
export async function train(world: World, stage: Stage, corpus: Corpus): Promise<Models> {
  const { terminal, content, signal, roles, chain } = world
  await finalize(world)
  const { snapshot, digest, files, refused } = await takeSnapshot({
    provider: chain.provider,
    registry: await stage.system.datanetRegistry.getAddress(),
    datanetId: stage.datanetId,
    builder: roles.builder.address,
    blockTag: 'finalized',
    content,
    signal,
  })
  terminal.fact(
    `snapshot of block ${snapshot.blockNumber}: ${files.length} files, ${refused.length} refused, ${short(digest)}`,
  )

  const job = jobOf(world)
  const data = { snapshot: digest, files }
  const heldOut = corpus.evaluation
  const losses = new Map<string, { step: number; loss: number }[]>()
  const watched = watch(world, losses)
  const trained = await trainBase(job, data, heldOut, { content, signal, onProgress: watched.onProgress })
  const base = { ...trained, modelId: await register(world, stage, trained, 0) }
  const { before, model, unigram, bigram } = trained.manifest.evaluation.loss
  terminal.fact(
    `base model on held-out files: ${nats(before)} -> ${nats(model)} nats per token; unigram ${nats(unigram)}, bigram ${nats(bigram)}`,
  )

  const models = await Promise.all(
    job.adapters.map(spec =>
      trainAdapter(base, spec, data, heldOut, { content, signal, onProgress: watched.onProgress }),
    ),
  )
  watched.stop()
  const adapters: Models['adapters'] = []
  for (const adapter of models) {
    const { name, evaluation, contributionIds } = adapter.manifest
    const modelId = await register(world, stage, adapter, base.modelId)
    adapters.push({ ...adapter, modelId, domain: name })
    const { before, after } = evaluation.loss
    terminal.fact(
      `adapter ${name}, ${contributionIds.length} files: ${nats(before)} -> ${nats(after)} nats per token on its own held-out files`,
    )
  }
  return { base, adapters, training: [...losses].map(([label, points]) => ({ label, losses: points })) }
}

function jobOf({ options, size }: World): TrainingJob {
  return compactJob({
    name: 'solidity',
    seed: options.seed,
    shards: SHARDS,
    adapters: Object.entries(DOMAINS).map(([name, match]) => ({ name: `solidity-${name}`, match })),
    baseSteps: size.baseSteps,
    adapterSteps: size.adapterSteps,
  })
}

async function register(
  world: World,
  stage: Stage,
  model: BaseModel | AdapterModel,
  baseModelId: number,
): Promise<number> {
  const { manifest, manifestDigest } = model
  const { modelId, gasUsed } = await registerModel(
    world.roles.builder,
    await stage.system.modelRegistry.getAddress(),
    {
      name: manifest.name,
      baseModelId,
      datanetId: stage.datanetId,
      artifactDigest: manifest.adapter ?? manifest.model,
      manifestDigest,
      pricePerToken: PRICE_PER_TOKEN,
    },
  )
  world.gas.add('register a model', gasUsed)
  return modelId
}

/** One bar for whatever trains at the moment; several adapters train side by side and share it. */
function watch(
  { terminal }: World,
  losses: Map<string, { step: number; loss: number }[]>,
): { onProgress(progress: FactoryProgress): void; stop(): void } {
  const running = new Map<string, { done: number; total: number }>()
  let current: string | undefined
  let bar = terminal.progress('')
  const onProgress = ({ stage, name, done, total, loss }: FactoryProgress): void => {
    const label =
      stage === 'tokenizer'
        ? 'training the tokenizer'
        : `${stage === 'train' ? 'training' : 'measuring'} ${name.includes('-') ? 'adapters' : 'the base model'}`
    if (label !== current) {
      bar.stop()
      bar = terminal.progress(label)
      running.clear()
    }
    current = label
    running.set(name, { done, total })
    const all = [...running.values()]
    const sum = (field: 'done' | 'total'): number => all.reduce((n, each) => n + each[field], 0)
    bar.update(sum('done'), sum('total'), loss === undefined ? '' : `loss ${loss.toFixed(2)}`)
    if (loss === undefined) return
    const points = losses.get(name) ?? []
    losses.set(name, [...points, { step: done, loss }])
  }
  return { onProgress, stop: () => bar.stop() }
}

const nats = (loss: { lossPerToken: number }): string => loss.lossPerToken.toFixed(3)
const short = (digest: string): string => `${digest.slice(0, 12)}…`
