import { AttributionOracleError } from '../errors'

export function corrupt(path: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INDEX_CORRUPT',
    {
      what: `${path} is damaged`,
      got,
      expected,
      fix: 'Restore the index from a copy, or delete it and build it again from the content store',
    },
    { path, got, expected },
  )
}

/** For what a call of the file system throws. */
export function unreadable(path: string, cause: unknown): AttributionOracleError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return new AttributionOracleError(
    'INDEX_UNREADABLE',
    { what: `${path} cannot be read or written`, got: reason, fix: 'Check the disk and try again' },
    { path, reason },
    { cause },
  )
}

/** Names the file in what goes wrong at it; our own faults pass. */
export async function at<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof AttributionOracleError ? cause : unreadable(path, cause)
  }
}

/** @throws INDEX_CORRUPT */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw corrupt(file, String(cause), 'JSON')
  }
}
