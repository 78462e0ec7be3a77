import { ContentStoreError } from './errors'

/**
 * Canonical JSON: keys sorted by UTF-16 code unit, no white space, bigint as decimal string. One value has exactly one
 * text, so that its digest names it. Refuses what has no such text (NaN, undefined, functions) with NOT_CANONICAL.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$')
}

/** The canonical JSON of a document as the UTF-8 bytes that its digest is taken of. */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value))
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item, i) => write(item, `${path}[${i}]`)).join(',')}]`
  if (typeof value === 'object' && isPlain(value)) return writeObject(value, path)
  throw new ContentStoreError('NOT_CANONICAL', { path, got: describe(value) })
}

function writeObject(value: object, path: string): string {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`)}`).join(',')}}`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? value.constructor.name
    : `${typeof value} ${String(value)}`
}
