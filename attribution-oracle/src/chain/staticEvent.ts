import { getAddress, type EventFragment } from 'ethers'
import type { LogRecord } from '../domain'

/** Fields by name, as ethers gives them: numbers as bigint, addresses with checksum, bytes as hexadecimal text. */
export type Fields = Readonly<Record<string, unknown>>

type Decode = (word: string) => unknown

/** Hexadecimal digits of a word. */
const WORD = 64
const MOST_ADDRESSES = 10_000
const checksummed = new Map<string, string>()

/**
 * A decoder for an event whose fields take one word each, which is ten times faster than ethers' own and strict: what
 * a contract cannot have emitted is refused.
 * @returns undefined for an event with other fields
 */
export function staticDecoder(fragment: EventFragment): ((log: LogRecord) => Fields) | undefined {
  const decoders = fragment.inputs.map(({ type }) => decoderOf(type))
  if (decoders.includes(undefined)) return undefined
  const fields = fragment.inputs.map(({ name, indexed }, i) => ({ name, indexed, decode: decoders[i]! }))
  const topics = 1 + fields.filter(({ indexed }) => indexed).length
  const digits = 2 + WORD * (1 + fields.length - topics)
  return log => {
    if (log.topics.length !== topics || log.data.length !== digits) throw new RangeError('another event')
    let [topic, at] = [1, 2]
    const decoded: Record<string, unknown> = {}
    for (const { name, indexed, decode } of fields) {
      if (indexed) decoded[name] = decode(log.topics[topic++]!.slice(2))
      else decoded[name] = decode(log.data.slice(at, (at += WORD)))
    }
    return decoded
  }
}

function decoderOf(type: string): Decode | undefined {
  if (type === 'address') return addressOf
  if (type === 'bool') return word => numberOf(word, 1) === 1n
  const uint = /^uint(\d+)$/.exec(type)
  if (uint) return word => numberOf(word, Number(uint[1]))
  const bytes = /^bytes(\d+)$/.exec(type)
  if (bytes) return word => bytesOf(word, 2 * Number(bytes[1]))
  return undefined
}

function numberOf(word: string, bits: number): bigint {
  const value = BigInt(`0x${word}`)
  if (value >> BigInt(bits) !== 0n) throw new RangeError(`more than ${bits} bits`)
  return value
}

/** The checksum is a hash, and the same few addresses come again and again. */
function addressOf(word: string): string {
  const known = checksummed.get(word)
  if (known) return known
  if (!word.startsWith('0'.repeat(24))) throw new RangeError('more than an address')
  const address = getAddress(`0x${word.slice(24)}`)
  if (checksummed.size >= MOST_ADDRESSES) checksummed.clear()
  checksummed.set(word, address)
  return address
}

function bytesOf(word: string, digits: number): string {
  if (/[^0]/.test(word.slice(digits))) throw new RangeError('more bytes than the field has')
  return `0x${word.slice(0, digits)}`
}
