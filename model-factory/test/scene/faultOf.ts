import { ModelFactoryError } from '../../src'

/** The code and the data that a rejection carries; undefined when there was none. */
export async function faultOf(
  pending: Promise<unknown>,
): Promise<{ code: string; data: unknown } | undefined> {
  try {
    await pending
    return undefined
  } catch (error) {
    if (error instanceof ModelFactoryError) return { code: error.code, data: error.data }
    throw error
  }
}
