import type { z } from 'zod'
import { ModelFactoryError } from '../errors'

/** Checks a value against a schema. Throws INVALID_DOCUMENT with every fault. */
export function checkDocument<T>(schema: z.ZodType<T>, format: string, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(issue => `${issue.path.join('.') || '(document)'}: ${issue.message}`)
  throw new ModelFactoryError('INVALID_DOCUMENT', { format, faults })
}

/** Reads a JSON document from bytes of unknown origin. Throws INVALID_DOCUMENT with every fault. */
export function parseDocument<T>(schema: z.ZodType<T>, format: string, bytes: Uint8Array): T {
  return checkDocument(schema, format, parseJson(format, bytes))
}

function parseJson(format: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const fault = cause instanceof Error ? cause.message : String(cause)
    throw new ModelFactoryError('INVALID_DOCUMENT', { format, faults: [fault] }, { cause })
  }
}
