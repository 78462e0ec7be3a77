import { expect } from 'chai'
import type { ContentStoreError } from '../src'

export async function failure(promise: Promise<unknown>): Promise<ContentStoreError> {
  return promise.then(
    () => expect.fail('expected a refusal'),
    (error: unknown) => error as ContentStoreError,
  )
}
