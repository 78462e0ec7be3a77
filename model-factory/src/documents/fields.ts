import { isDigest, type Digest } from '@open-datanets/content-store'
import { z } from 'zod'

/** Field types that the documents share. */
export const digest = z.custom<Digest>(value => typeof value === 'string' && isDigest(value), {
  message: 'expected 0x and 64 lower-case hexadecimal digits',
})
export const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected a 20-byte address')
export const count = z.number().int().nonnegative()
export const size = z.number().int().positive()
