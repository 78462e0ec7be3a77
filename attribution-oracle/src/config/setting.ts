import { isIP } from 'node:net'
import { z } from 'zod'

export type SettingGroup =
  'chain' | 'contracts' | 'data' | 'scoring' | 'operator' | 'fees' | 'http' | 'logging'

/** One setting: what it means, how a file says it, and how a text (a flag, the environment) is read. */
export interface Setting<S extends z.ZodType = z.ZodType> {
  group: SettingGroup
  /** one sentence for the reference */
  about: string
  /** of the value in the configuration file */
  schema: S
  /** shown to the reader of a fault */
  expected: string
  /** what a flag or the environment says, as a value of the file; a text that cannot be read stays as it is */
  read: (text: string) => unknown
  /** never printed; may stand in a file of its own that <ENV>_FILE names */
  secret?: true
  /** other processes see the arguments of a command: keys and passwords have no flag */
  unflagged?: true
  /** a path in the file is relative to the file, elsewhere to the working directory */
  path?: true
  /** in words, where it is no value of its own */
  fallback?: string
}

type Options = Pick<Setting, 'group' | 'about' | 'expected'> &
  Partial<Pick<Setting, 'secret' | 'unflagged' | 'path' | 'fallback'>>

export function text<S extends z.ZodType>(schema: S, options: Options): Setting<S> {
  return { ...options, schema, read: given => given }
}

/** A number; whether it is whole is for the schema to say. */
export function number<S extends z.ZodType>(schema: S, options: Options): Setting<S> {
  return { ...options, schema, read: given => (/^-?[0-9]+(\.[0-9]+)?$/.test(given) ? Number(given) : given) }
}

export function truth<S extends z.ZodType>(schema: S, options: Options): Setting<S> {
  const words = new Map<string, boolean>([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])
  return { ...options, schema, read: given => words.get(given.toLowerCase()) ?? given }
}

/** A number or a list, as a text: digits alone are the number. */
export function numberOrList<S extends z.ZodType>(schema: S, options: Options): Setting<S> {
  const entries = list(schema, options)
  return { ...entries, read: given => (/^[0-9]+$/.test(given.trim()) ? Number(given) : entries.read(given)) }
}

/** Comma separated as a text. */
export function list<S extends z.ZodType>(schema: S, options: Options): Setting<S> {
  const read = (given: string): string[] =>
    given
      .split(',')
      .map(entry => entry.trim())
      .filter(entry => entry !== '')
  return { ...options, schema, read }
}

export const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/)
/** An IP address, or a range of them as in 10.0.0.0/8. */
export const addressRange = z.string().refine(range => {
  const [host = '', bits, ...more] = range.split('/')
  const most = { 4: 32, 6: 128 }[isIP(host)]
  if (most === undefined || more.length > 0) return false
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most)
})
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => z.number().int().min(least).max(most)
export const folder = z.string().min(1)
export const webUrl = z.url({ protocol: /^https?$/ })
