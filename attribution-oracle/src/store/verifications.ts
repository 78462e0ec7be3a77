import type { Kysely } from 'kysely'
import { canonicalJson, type Digest } from '../domain'
import type { Schema } from './schema'

/** Where a post is not what we compute; `position` is the row of a table. */
export interface FirstDifference {
  part: string
  position?: number
  got: string
  expected: string
}

/** What our own computation found of a post. */
export interface Verification {
  epoch: number
  /** SHA-256 of the post's canonical JSON */
  post: Digest
  agrees: boolean
  /** the first one; absent where the post agrees */
  difference?: FirstDifference
  /** unix seconds */
  at: number
}

export interface Verifications {
  /** A later look at the same post replaces the earlier one: content that was withheld may have come. */
  record(verification: Verification): Promise<void>
  find(epoch: number, post: Digest): Promise<Verification | undefined>
  /** In the order in which they were made. */
  of(epoch: number): Promise<Verification[]>
}

export function openVerifications(db: Kysely<Schema>): Verifications {
  const rows = (epoch: number) =>
    db.selectFrom('verifications').selectAll().where('epoch', '=', epoch).orderBy('at').orderBy('post')
  return {
    async record({ epoch, post, agrees, difference, at }) {
      const found = { agrees, difference: difference ? canonicalJson(difference) : null, at: String(at) }
      await db
        .insertInto('verifications')
        .values({ epoch, post, ...found })
        .onConflict(conflict => conflict.columns(['epoch', 'post']).doUpdateSet(found))
        .execute()
    },
    async find(epoch, post) {
      const row = await rows(epoch).where('post', '=', post).executeTakeFirst()
      return row && verificationOf(row)
    },
    async of(epoch) {
      return (await rows(epoch).execute()).map(verificationOf)
    },
  }
}

function verificationOf({ difference, at, post, ...row }: Schema['verifications']): Verification {
  return {
    ...row,
    post: post as Digest,
    ...(difference !== null && { difference: JSON.parse(difference) as FirstDifference }),
    at: Number(at),
  }
}
