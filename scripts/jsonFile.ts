import { readFile } from 'node:fs/promises'

import type { z } from 'zod'

import { ProtocolError, type Fault } from './errors'
import { faultsOf } from './schemaFaults'

/** Codes that carry the faults of one file. */
type FileFaultCode = 'PARAMETERS_INVALID' | 'RECORD_INVALID' | 'CLAIMS_INVALID' | 'DOCUMENT_INVALID'

/**
 * Reads a JSON file and checks it against its schema.
 * @throws ProtocolError FILE_UNREADABLE when it cannot be read; `code`, with every fault, when it is not what the schema says.
 */
export async function readJsonFile<S extends z.ZodType>(
  path: string,
  schema: S,
  code: FileFaultCode,
): Promise<z.output<S>> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new ProtocolError('FILE_UNREADABLE', { path, got: messageOf(cause) }, { cause })
  })
  return checkJson(parse(text, path, code), schema, path, code)
}

/** The same check for a value that is in memory already; `path` says in messages where it came from. */
export function checkJson<S extends z.ZodType>(
  value: unknown,
  schema: S,
  path: string,
  code: FileFaultCode,
): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new ProtocolError(code, { path, faults: faultsOf(result.error, value) })
}

function parse(text: string, path: string, code: FileFaultCode): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const fault: Fault = { name: 'the document', got: messageOf(cause), expected: 'JSON' }
    throw new ProtocolError(code, { path, faults: [fault] }, { cause })
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
