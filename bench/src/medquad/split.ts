import { counterBytes } from '@open-datanets/onnx-engine'
import { PassageShingles } from './nearDuplicates'
import type { MedquadPair } from './records'

/** One question-answer pair, by the institute that contributes it. */
export interface Passage {
  readonly id: string
  /** Index into `Split.institutes`. */
  readonly institute: number
  readonly question: string
  readonly answer: string
}

export interface Split {
  /** By name, ascending. */
  readonly institutes: readonly string[]
  readonly training: readonly Passage[]
  readonly heldOut: readonly Passage[]
  /** Held-out candidates that were dropped, because most of their answer stands in one training passage. */
  readonly nearDuplicates: number
}

export interface SplitOptions {
  readonly seed: string
  /** Size of the training text in characters, all institutes together. */
  readonly trainingSize: number
  /** Held-out questions of each institute, at most. */
  readonly questions: number
}

/** A candidate goes when this share of its answer's word shingles lies in one training passage. */
const COPIED = 0.5
/** How many pairs are set aside for each question wanted: near duplicates and short answers are dropped from them. */
const CANDIDATES = 3
/** Shorter answers say too little to be attributed to anyone. */
const SHORTEST_ANSWER = 100

export const textOf = ({ question, answer }: Passage): string => `${question}\n${answer}`

/**
 * Draws whole documents of every institute, holds some of their pairs out, and trains on the rest.
 *
 * An institute's part of the training text is proportional to the square root of its part of MedQuAD, as mixtures of
 * corpora are usually drawn (temperature 1/2): sizes stay several times apart, and the smallest is still there.
 */
export function splitMedquad(pairs: readonly MedquadPair[], o: SplitOptions): Split {
  const institutes = [...new Set(pairs.map(({ source }) => source))].sort()
  const byInstitute = institutes.map(name => pairs.filter(({ source }) => source === name))
  const roots = byInstitute.map(own => Math.sqrt(own.reduce((sum, pair) => sum + sizeOf(pair), 0)))
  const sum = roots.reduce((total, root) => total + root, 0)
  const drawn = byInstitute.map((own, institute) =>
    drawDocuments(own, institute, (o.trainingSize * roots[institute]!) / sum, o),
  )

  const training = drawn.flatMap(part => part.training)
  const shingles = new PassageShingles(training.map(({ answer }) => answer))
  let nearDuplicates = 0
  const heldOut = drawn.flatMap(({ candidates }) => {
    const fresh = candidates.filter(({ answer }) => {
      const copied = shingles.containment(answer) >= COPIED
      if (copied) nearDuplicates++
      return !copied
    })
    return fresh.slice(0, o.questions)
  })
  return { institutes, training, heldOut, nearDuplicates }
}

const sizeOf = ({ question, answer }: { question: string; answer: string }): number =>
  question.length + answer.length

/**
 * Whole documents in a random order until the training part is large enough. While questions are wanted, a document
 * gives one pair in three to the candidates, and one with a single pair that pair every other time: most questions have
 * other pairs of their document in training, those of institutes with a pair a document have none. Candidates that are
 * not asked in the end are not trained on either.
 */
function drawDocuments(
  own: readonly MedquadPair[],
  institute: number,
  size: number,
  { seed, questions }: SplitOptions,
): { training: Passage[]; candidates: Passage[] } {
  const stream = counterBytes(seed, 'split', own[0]!.source)
  const training: Passage[] = []
  const candidates: Passage[] = []
  let left = size
  for (const passages of stream.shuffle(documentsOf(own, institute))) {
    for (const [index, passage] of stream.shuffle(passages).entries()) {
      const asked =
        candidates.length < CANDIDATES * questions &&
        passage.answer.length >= SHORTEST_ANSWER &&
        (passages.length === 1 ? stream.below(2) === 0 : index % 3 === 0)
      if (asked) candidates.push(passage)
      else if (left > 0) {
        training.push(passage)
        left -= sizeOf(passage)
      }
    }
    if (left <= 0) break
  }
  return { training, candidates: stream.shuffle(candidates) }
}

function documentsOf(own: readonly MedquadPair[], institute: number): Passage[][] {
  const documents = new Map<string, Passage[]>()
  for (const { id, document, question, answer } of own) {
    const passages = documents.get(document) ?? []
    documents.set(document, passages)
    passages.push({ id, institute, question, answer })
  }
  return [...documents.values()]
}
