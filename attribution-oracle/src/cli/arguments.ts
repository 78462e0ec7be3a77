import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { parseDocument } from '../domain'
import { AttributionOracleError, isFault } from '../errors'

/** A whole number from the command line. @throws INVALID_ARGUMENT */
export function wholeNumber(name: string, text: string): bigint {
  if (/^[0-9]{1,20}$/.test(text)) return BigInt(text)
  throw wrongArgument(name, text, 'a whole number')
}

/** The number of an epoch, from 1. @throws INVALID_ARGUMENT */
export function epochNumber(text: string): number {
  const epoch = wholeNumber('epoch', text)
  if (epoch >= 1n && epoch < 2n ** 32n) return Number(epoch)
  throw wrongArgument('epoch', text, 'a whole number from 1')
}

/** A document in a file that the command line names. @throws INVALID_ARGUMENT */
export async function readGiven<T>(
  name: string,
  file: string,
  format: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw wrongArgument(name, `${file} (${error.code})`, 'a file that can be read')
  })
  try {
    return parseDocument(schema, format, bytes)
  } catch (error) {
    if (!isFault(error, 'INVALID_DOCUMENT')) throw error
    throw wrongArgument(
      name,
      `${file}: ${error.data.issues.slice(0, 3).join('; ')}`,
      `a document of ${format}`,
    )
  }
}

export function wrongArgument(
  name: string,
  got: string,
  expected: string,
  fix?: string,
): AttributionOracleError {
  const what = `The argument ${name} cannot be used`
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what, got, expected, ...(fix && { fix }) },
    { argument: name, got, expected },
  )
}
