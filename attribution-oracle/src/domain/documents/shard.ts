import { z } from 'zod'
import { AttributionOracleError } from '../../errors'
import { canonicalBytes, type Digest } from '../content'
import { count, decimal, digest, tokens } from './fields'
import { parseDocument } from './parse'

export const SHARD_FORMAT = 'open-datanets/shard'
export const ANSWERS_FORMAT = 'open-datanets/answers'
/** Windows that one shard may ask for. */
export const MAX_SHARD_WINDOWS = 4096

/** Windows [from, to) of one sequence. */
const range = { from: count, to: count }

const passage = z.union([
  z.strictObject({
    text: digest,
    /** the words in the order that the seed draws under this name; as they stand where it is absent */
    shuffled: z.string().max(200).optional(),
    ...range,
  }),
  z.strictObject({
    /** of an AnswersDocument */
    answers: digest,
    index: count,
    ...range,
  }),
])
export type Passage = z.infer<typeof passage>

const projection = count.positive().max(1024)

const asked = z.discriminatedUnion('kind', [
  /** codes of every window's gradient under labels that the model draws; `before`: batches of the sample in earlier shards */
  z.strictObject({ kind: z.literal('curvature'), projection, before: count }),
  /** gradient, loss and self-influence, summed over a passage's windows within each batch */
  z.strictObject({
    kind: z.literal('features'),
    projection,
    damping: decimal,
    /** results of the curvature shards, in order, and the scored tokens behind them */
    curvature: z.strictObject({ results: z.array(digest).min(1), tokens: count }),
  }),
  /** every window's loss */
  z.strictObject({ kind: z.literal('losses') }),
])

/**
 * A part of stage A that can be computed anywhere, because everything it depends on is named here by its content. Two
 * shards with the same digest have the same result, whoever asks.
 */
export const shardDocument = z.strictObject({
  format: z.literal(SHARD_FORMAT),
  version: z.literal(1),
  /** ONNX forward graph tokens -> logits */
  graph: digest,
  /** Hugging Face tokenizer.json */
  tokenizer: digest,
  windowTokens: count.positive().max(1 << 20),
  seed: z.string().min(1).max(1000),
  asked,
  /** the shard's windows, passage after passage; batches are cut from them in this order */
  passages: z
    .array(passage)
    .refine(all => all.every(({ from, to }) => from < to), 'expected passages of at least one window')
    .refine(
      all => all.reduce((sum, { from, to }) => sum + to - from, 0) <= MAX_SHARD_WINDOWS,
      `expected at most ${MAX_SHARD_WINDOWS} windows`,
    ),
})
export type ShardDocument = z.infer<typeof shardDocument>

/** Answers of a model, as the tokens that it read and wrote. */
export const answersDocument = z.strictObject({
  format: z.literal(ANSWERS_FORMAT),
  version: z.literal(1),
  answers: z.array(z.strictObject({ prompt: tokens, output: tokens })),
})
export type AnswersDocument = z.infer<typeof answersDocument>

/** @throws INVALID_DOCUMENT also for a shard that is not in canonical form: its digest would not be the only one */
export function readShard(bytes: Uint8Array): ShardDocument {
  const document = parseDocument(shardDocument, SHARD_FORMAT, bytes)
  if (Buffer.compare(canonicalBytes(document), bytes) === 0) return document
  const issues = ['(document): expected canonical JSON']
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `This is not a valid ${SHARD_FORMAT}`, got: issues[0]! },
    { format: SHARD_FORMAT, issues },
  )
}

/** Everything that has to be at hand to compute a shard. */
export function contentOf({ graph, tokenizer, asked: ask, passages }: ShardDocument): Digest[] {
  const curvature = ask.kind === 'features' ? ask.curvature.results : []
  const read = passages.map(each => ('text' in each ? each.text : each.answers))
  return [...new Set([graph, tokenizer, ...curvature, ...read])]
}

/** Of these, what was made for the work itself: nothing that an epoch publishes names it. */
export function madeForWork({ asked: ask, passages }: ShardDocument): Set<Digest> {
  const curvature = ask.kind === 'features' ? ask.curvature.results : []
  return new Set([...curvature, ...passages.flatMap(each => ('answers' in each ? [each.answers] : []))])
}

export function windowCount({ passages }: ShardDocument): number {
  return passages.reduce((sum, { from, to }) => sum + to - from, 0)
}
