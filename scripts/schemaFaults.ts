import { getAddress, isAddress } from 'ethers'
import { z } from 'zod'

import type { Fault } from './errors'

const ADDRESS = 'an address (0x and 40 hex digits, a valid checksum if mixed case)'
const ADDRESS_PATTERN = /^0x[0-9a-fA-F]{40}$/
const AMOUNT = 'a decimal string of wei'
const AMOUNT_PATTERN = /^(0|[1-9][0-9]{0,38})$/

// A second check passes over what the pattern refused: one fault is told once.

/** A checksummed address; any case is accepted when the checksum is absent, a wrong checksum is not. */
export const address = z
  .string(ADDRESS)
  .regex(ADDRESS_PATTERN, { error: ADDRESS })
  .refine(text => !ADDRESS_PATTERN.test(text) || isAddress(text), { error: ADDRESS })
  .transform(text => getAddress(text))

/** A token amount in wei: a decimal string in JSON, because a number would lose digits; bigint in memory. */
export const amount = z
  .string(AMOUNT)
  .regex(AMOUNT_PATTERN, { error: AMOUNT })
  .refine(text => !AMOUNT_PATTERN.test(text) || BigInt(text) < 1n << 128n, { error: 'an amount below 2^128' })
  .transform(BigInt)

/** 32 bytes of lower-case hex. */
export const bytes32 = z
  .string('0x and 64 lower-case hex digits')
  .regex(/^0x[0-9a-f]{64}$/, { error: '0x and 64 lower-case hex digits' })

/** 24 bytes of lower-case hex. */
export const bytes24 = z
  .string('0x and 48 lower-case hex digits')
  .regex(/^0x[0-9a-f]{48}$/, { error: '0x and 48 lower-case hex digits' })

/** Bytes of any length in hex. */
export const hex = z
  .string('0x and an even number of hex digits')
  .regex(/^0x([0-9a-fA-F]{2})*$/, { error: '0x and an even number of hex digits' })

/** An unsigned integer too large for a JSON number: decimal text or, where it is exact, a number; bigint in memory. */
export function integer(bits: number) {
  const error = `a whole number below 2^${bits}, as decimal text`
  return z
    .union([z.string().regex(/^(0|[1-9][0-9]{0,77})$/), z.int().min(0)], { error })
    .transform(BigInt)
    .refine(value => value < 1n << BigInt(bits), { error })
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`
  return z.int(error).min(least, { error }).max(most, { error })
}

/** What a schema found wrong with a value, all of it, each with the place, what stood there and what should have. */
export function faultsOf(error: z.ZodError, input: unknown): Fault[] {
  return error.issues.map(issue => {
    const name = issue.path.length === 0 ? 'the document' : issue.path.join('.')
    if (issue.code === 'unrecognized_keys') {
      return { name, got: `the keys ${issue.keys.join(', ')}`, expected: 'only keys of the format' }
    }
    if (issue.code === 'invalid_key') {
      return { name, got: 'such a key', expected: `a key that is ${issue.issues[0]?.message ?? 'valid'}` }
    }
    return { name, got: shown(valueAt(input, issue.path)), expected: issue.message }
  })
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  )
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
