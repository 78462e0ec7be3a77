import {
  passGraph,
  readModelFile,
  runtimeVersion,
  type Model,
  type PassGraph,
} from '@open-datanets/onnx-engine'
import { fileDigest, type NamedDigest } from './arrayFile'
import { openCheckpoints, type CheckpointSource } from './checkpoints'
import type { ScoreJob } from './document'
import { readEvidence, type LoadedEvidence } from './evidence'
import { JobFaults } from './faults'
import { lossOf } from './loss'
import { readGroups, type Groups } from './groups'
import { readJob, type JobFile } from './readJob'
import { readSamples, type LoadedSamples } from './samples'

/** Everything that a job names, read and checked; checkpoints are read as they are needed. */
export interface LoadedJob extends JobFile {
  readonly model: Model
  /** its ends, classes, layers and parameters, without a reverse pass */
  readonly graph: PassGraph
  readonly checkpoints: CheckpointSource
  readonly train: LoadedSamples
  /** absent only for question "self" */
  readonly query: LoadedSamples | undefined
  readonly groups: Groups | undefined
  readonly evidence: LoadedEvidence | undefined
  /** every file but the checkpoints, with its SHA-256 */
  readonly files: readonly NamedDigest[]
  /** what was converted on the way */
  readonly notes: readonly string[]
  readonly runtime: string
}

/**
 * Reads a job and the files that it names.
 * @throws INVALID_JOB with the faults of all files together
 */
export async function loadJob(path: string): Promise<LoadedJob> {
  const file = await readJob(path)
  const { job, pathOf } = file
  const faults = new JobFaults()
  const notes: string[] = []
  const model = await faults.reading('model', () => readModelFile(pathOf(job.model)))
  faults.check()
  const graph = await faults.reading('model', async () => passGraph(model!, forwardOptions(job)))
  faults.check()
  notes.push(...probabilities(model!, graph!, job))
  const train = await readSamples(file, 'train', model!, graph!, faults, notes)
  const query = job.query ? await readSamples(file, 'query', model!, graph!, faults, notes) : undefined
  const groups = train && (await readGroups(file, train.count, faults))
  const evidence = train && query && (await readEvidence(file, train.count, query.count, faults))
  const checkpoints = await openCheckpoints(file, model!, graph!.parameters, faults)
  if (faults.found.length > 0) await checkpoints?.close()
  faults.check()
  const files = [
    { name: 'model', digest: await fileDigest(pathOf(job.model)) },
    ...[train, query, evidence].flatMap(part => part?.files ?? []),
    ...(groups ? [groups.file] : []),
  ]
  return {
    ...file,
    model: model!,
    graph: graph!,
    checkpoints: checkpoints!,
    train: train!,
    query,
    groups,
    evidence,
    files,
    notes,
    runtime: runtimeVersion,
  }
}

/** Losses are of logits: a model that ends in probabilities is scored by another loss than it was trained by. */
function probabilities({ graph }: Model, { output }: PassGraph, { task }: ScoreJob): string[] {
  const maker = (name: string): (typeof graph.nodes)[number] | undefined =>
    graph.nodes.find(({ outputs }) => outputs.includes(name))
  let last = maker(output.name)
  while (last?.opType === 'Identity') last = maker(last.inputs[0]!)
  const squashes = task === 'binary' ? 'Sigmoid' : task === 'regression' ? undefined : 'Softmax'
  if (last === undefined || last.opType !== squashes) return []
  return [
    `model: output "${output.name}" comes from ${last.opType}, but is taken as logits; export the model without it`,
  ]
}

const forwardOptions = (job: ScoreJob): Parameters<typeof passGraph>[1] => ({
  loss: lossOf(job),
  direction: 'loss',
  want: 'none',
  weights: 'constants',
  ...(job.output !== undefined && { output: job.output }),
})
