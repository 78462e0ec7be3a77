import { counterBytes, decodeModel } from '@open-datanets/onnx-engine'
import type { RunOptions, Sequence } from './checkpoint'
import type { Corpus } from './corpus'
import type { OrderLosses } from './epochCodes'
import { lossesOf } from './losses'
import type { CheckpointTask } from './plan'

/**
 * What the files and the held-out texts cost the last checkpoint of the trajectory once their words are shuffled.
 * @param begin called once with the number of windows to run over
 */
export async function orderLosses(
  task: CheckpointTask,
  evaluation: readonly Uint8Array[],
  corpus: Corpus,
  seed: string,
  begin: (windows: number) => RunOptions,
): Promise<OrderLosses> {
  const files = corpus.filesOf(task.contributionIds)
  const shuffled = (text: Uint8Array, name: string): Sequence => ({
    windows: corpus.windowsWithoutOrder(text, counterBytes(seed, 'word order', name)),
  })
  const held = evaluation.map(text => ({ windows: corpus.windowsOfText(text) }))
  const sequences = [
    ...files.map(file => shuffled(file.text, String(file.id))),
    ...held,
    ...evaluation.map((text, index) => shuffled(text, `held out ${index}`)),
  ]
  const windows = total(sequences.map(sequence => sequence.windows.length))
  const losses = await lossesOf(decodeModel(task.bytes), sequences, begin(windows))
  const heldEnd = files.length + held.length
  return {
    shuffled: Float64Array.from(losses.slice(0, files.length)),
    held: Float64Array.of(total(losses.slice(files.length, heldEnd)), total(losses.slice(heldEnd))),
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
