import type { Table } from '../table'
import type { SeedRuns } from './retrains'
import { sizesOf, type Sequences } from './sequences'
import type { Split } from './split'
import { heldOutLoss } from './value'

/** What was trained on and asked, by institute. */
export function corpusTable(
  { nearDuplicates }: Split,
  sequences: Sequences,
  runs: readonly SeedRuns[],
  times: string,
): Table {
  const { institutes, rows, questions, vocabSize } = sequences
  const sizes = sizesOf(sequences)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const lossOf = (institute: number): number => {
    const only = institutes.map((_, other) => (other === institute ? 1 : 0))
    return runs.reduce((sum, { full }) => sum + heldOutLoss(full, sequences, only) / runs.length, 0)
  }
  return {
    title: `MedQuAD: ${rows.length} passages, ${total} tokens of a vocabulary of ${vocabSize}`,
    rows: institutes.map((institute, index) => ({
      institute,
      passages: rows.filter(row => row.institute === index).length,
      tokens: sizes[index]!,
      'share %': (100 * sizes[index]!) / total,
      questions: questions.filter(question => question.institute === index).length,
      'loss of their answers, nats/token': lossOf(index),
    })),
    notes: [
      `${runs.length} seeds, each with one model of all institutes and one without each of them: ${times}.`,
      `Questions are pairs that no model was trained on; ${nearDuplicates} candidates were dropped, as half of the answer's`,
      '8-word shingles or more stood in one training passage.',
    ],
  }
}
