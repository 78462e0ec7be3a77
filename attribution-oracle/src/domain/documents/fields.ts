import { z } from 'zod'
import type { Digest } from '../content'

/** Field types that every document shares. Amounts stand in JSON as decimal strings and in memory as bigint. */
export const digest = z.custom<Digest>(v => typeof v === 'string' && /^0x[0-9a-f]{64}$/.test(v), {
  message: 'expected 0x and 64 lower-case hexadecimal digits',
})
export const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected a 20-byte address')
export const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/, 'expected a decimal string without leading zeros')
  .transform(BigInt)
export const count = z.number().int().nonnegative()
export const tokens = z.array(count)
/** A fraction as text, because a float has no one decimal form across languages. */
export const decimal = z
  .string()
  .regex(/^(0|[1-9][0-9]*)(\.[0-9]+)?$/, 'expected a decimal string such as "0.8"')
