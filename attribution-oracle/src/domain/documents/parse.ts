import { z } from 'zod'
import { AttributionOracleError } from '../../errors'

/** Larger documents are refused before they are parsed: content comes from strangers. */
export const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON document from bytes of unknown origin.
 * @throws INVALID_DOCUMENT with every issue that the schema found
 */
export function parseDocument<T>(schema: z.ZodType<T>, format: string, bytes: Uint8Array): T {
  if (bytes.length > MAX_DOCUMENT_BYTES)
    throw invalid(format, [`${bytes.length} bytes, at most ${MAX_DOCUMENT_BYTES} are read`])
  let json: unknown
  try {
    json = JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw invalid(format, [cause instanceof Error ? cause.message : String(cause)])
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw invalid(
    format,
    parsed.error.issues.map(issue => `${issue.path.join('.') || '(document)'}: ${issue.message}`),
  )
}

function invalid(format: string, issues: readonly string[]): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `This is not a valid ${format}`, got: issues.slice(0, 5).join('; ') },
    { format, issues },
  )
}
