import type { ScoringSettings } from '../../domain'
import type { Computing } from './captureCheckpoint'
import type { Corpus } from './corpus'
import type { OrderLosses } from './epochCodes'
import type { CheckpointTask } from './plan'
import { ShardCutter } from './shards/cutShards'
import { shuffledSequence, textSequence } from './shards/sequences'
import { addLosses } from './shards/sums'

/**
 * What the files and the held-out texts cost the last checkpoint of the trajectory once their words are shuffled.
 * @param begin called once with the number of windows to run over
 */
export async function orderLosses(
  task: CheckpointTask,
  evaluation: readonly Uint8Array[],
  corpus: Corpus,
  settings: ScoringSettings,
  begin: (windows: number) => Computing,
): Promise<OrderLosses> {
  const files = corpus.filesOf(task.contributionIds)
  const shuffled = (text: Uint8Array, name: string) => shuffledSequence(text, corpus, settings.seed, name)
  const held = evaluation.map(text => textSequence(text, corpus.windowsOfText(text)))
  const sequences = [
    ...files.map(file => shuffled(file.text, String(file.id))),
    ...held,
    ...evaluation.map((text, index) => shuffled(text, `held out ${index}`)),
  ]
  const cut = new ShardCutter(task, settings).losses(sequences)
  const { shards, ...options } = begin(total(sequences.map(({ windows }) => windows.length)))
  const losses = addLosses(sequences.length, cut, await shards.run(cut, options))
  const heldEnd = files.length + held.length
  return {
    shuffled: losses.slice(0, files.length),
    held: Float64Array.of(total(losses.slice(files.length, heldEnd)), total(losses.slice(heldEnd))),
  }
}

function total(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0)
}
