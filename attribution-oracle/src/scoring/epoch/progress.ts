import type { Corpus } from './corpus'
import type { CheckpointTask } from './plan'
import type { Window } from './windows'

/** Windows that an epoch's passes will run over, so that a progress bar knows its end. */
export function countWindows(
  tasks: readonly CheckpointTask[],
  corpusOf: (task: CheckpointTask) => Corpus,
  evaluation: readonly Uint8Array[],
  fisherSamples: number,
): number {
  return sum(
    tasks.map(task => {
      const corpus = corpusOf(task)
      const files = count(corpus.filesOf(task.contributionIds).map(({ windows }) => windows))
      const outputs = count(task.outputs.map(output => corpus.windowsOfOutput(output)))
      const held = task.measuresValue ? count(evaluation.map(text => corpus.windowsOfText(text))) : 0
      return Math.min(fisherSamples, files) + files + outputs + held
    }),
  )
}

function count(lists: readonly (readonly Window[])[]): number {
  return sum(lists.map(({ length }) => length))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
