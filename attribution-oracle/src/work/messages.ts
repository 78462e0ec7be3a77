import { z } from 'zod'
import { canonicalBytes, type Digest } from '../domain'
import { AttributionOracleError } from '../errors'

const TASK_FORMAT = 'open-datanets/shard-task'
const ANSWER_FORMAT = 'open-datanets/shard-answer'
/** Messages only name what is to be found in the content store. */
const MAX_BYTES = 8192
const REASON_CHARACTERS = 1000

const digest = z.custom<Digest>(v => typeof v === 'string' && /^0x[0-9a-f]{64}$/.test(v))

const taskMessage = z.strictObject({ format: z.literal(TASK_FORMAT), version: z.literal(1), shard: digest })

const answerMessage = z.union([
  z.strictObject({
    format: z.literal(ANSWER_FORMAT),
    version: z.literal(1),
    shard: digest,
    /** content of the result */
    result: digest,
  }),
  z.strictObject({
    format: z.literal(ANSWER_FORMAT),
    version: z.literal(1),
    shard: digest,
    /** why nobody can compute it */
    failed: z.string().max(REASON_CHARACTERS),
  }),
])

/** Who answered does not stand here but in the subject, where the server can hold each worker to its own name. */
export type Answer =
  { readonly shard: Digest; readonly result: Digest } | { readonly shard: Digest; readonly failed: string }

export function writeTask(shard: Digest): Uint8Array {
  return canonicalBytes({ format: TASK_FORMAT, version: 1, shard })
}

/** @throws AttributionOracleError INVALID_DOCUMENT */
export function readTask(bytes: Uint8Array): Digest {
  return parse(taskMessage, TASK_FORMAT, bytes).shard
}

export function writeAnswer(answer: Answer): Uint8Array {
  const short = 'failed' in answer ? { failed: answer.failed.slice(0, REASON_CHARACTERS) } : {}
  return canonicalBytes({ format: ANSWER_FORMAT, version: 1, ...answer, ...short })
}

/** @throws AttributionOracleError INVALID_DOCUMENT */
export function readAnswer(bytes: Uint8Array): Answer {
  return parse(answerMessage, ANSWER_FORMAT, bytes)
}

function parse<T>(schema: z.ZodType<T>, format: string, bytes: Uint8Array): T {
  const issue = (text: string): AttributionOracleError =>
    new AttributionOracleError(
      'INVALID_DOCUMENT',
      { what: `This is not a valid ${format}`, got: text },
      { format, issues: [text] },
    )
  if (bytes.length > MAX_BYTES) throw issue(`${bytes.length} bytes, at most ${MAX_BYTES} are read`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw issue('it is no JSON')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw issue(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}
