import { trainBpe, type Tokenizer } from '@open-datanets/onnx-engine'
import { windowsOf, type Window } from '../../../attribution-oracle/src/scoring/epoch/windows'
import type { Recipe } from './recipe'
import { textOf, type Split } from './split'

/** A training passage as the model reads it. */
export interface Row {
  readonly institute: number
  readonly text: string
  readonly tokens: readonly number[]
  readonly windows: readonly Window[]
}

/** A held-out question with the answer that an institute wrote: the question is context, the answer is scored. */
export interface Question {
  readonly institute: number
  readonly question: string
  readonly answer: string
  readonly answerTokens: readonly number[]
  readonly windows: readonly Window[]
  /** Tokens scored. */
  readonly scored: number
}

export interface Sequences {
  readonly institutes: readonly string[]
  readonly vocabSize: number
  readonly rows: readonly Row[]
  readonly questions: readonly Question[]
}

/** The tokenizer is trained once, on the text of all institutes: losses of models with other tokens do not compare. */
export function sequencesOf(split: Split, { vocabSize, answerTokens, model }: Recipe): Sequences {
  const tokenizer = trainBpe(split.training.map(textOf), { vocabSize })
  const shape = { length: model.contextLength, endOfText: tokenizer.endOfText }
  const rows = split.training.map(passage => {
    const text = textOf(passage)
    const tokens = tokenizer.encode(text)
    return { institute: passage.institute, text, tokens, windows: windowsOf(tokens, shape) }
  })
  const questions = split.heldOut.map(({ institute, question, answer: whole }) => {
    const prompt = tokenizer.encode(`${question}\n`)
    const { tokens, text: answer } = beginning(tokenizer, whole, answerTokens)
    const windows = windowsOf([...prompt, ...tokens], { ...shape, unscored: prompt.length, closed: false })
    const scored = windows.reduce((sum, window) => sum + window.scored, 0)
    return { institute, question, answer, answerTokens: tokens, windows, scored }
  })
  return { institutes: split.institutes, vocabSize: tokenizer.vocabSize, rows, questions }
}

/** Every method sees the same part of an answer, in tokens or in words. */
function beginning(tokenizer: Tokenizer, whole: string, limit: number): { tokens: number[]; text: string } {
  const tokens = tokenizer.encode(whole).slice(0, limit)
  return { tokens, text: tokenizer.decode(tokens) }
}

/** Training tokens of each institute. */
export function sizesOf({ institutes, rows }: Sequences): number[] {
  const sizes = institutes.map(() => 0)
  for (const { institute, tokens } of rows) sizes[institute]! += tokens.length
  return sizes
}
