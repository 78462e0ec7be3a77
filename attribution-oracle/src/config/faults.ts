import { AttributionOracleError } from '../errors'
import { envOf, flagOf, SETTING_NAMES, settingOf, type SettingName } from './settings'

/** One thing that is wrong with a configuration. Values of secrets are never part of it. */
export interface ConfigFault {
  name: string
  /** the flag, variable, file or record that said so */
  from: string
  got: string
  expected: string
  fix: string
}

const LONGEST = 80

/** A value as a fault may show it. */
export function shown(name: SettingName, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (settingOf(name).secret) return '(secret)'
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

/** One short line that writes nothing into a terminal but what it says. */
function printable(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, '?')
  if (clean === '') return 'an empty text'
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean
}

/** The ways to give a setting a value. */
export function waysTo(name: SettingName): string {
  const { secret } = settingOf(name)
  const env = envOf(name)
  const ways = [`"${name}" in the configuration file`, env, secret && `${env}_FILE`, flagOf(name)]
  return ways.filter(Boolean).join(', or ')
}

/** A name that does not exist, with the one that was probably meant. */
export function unknownSetting(name: string, from: string, known: readonly string[]): ConfigFault {
  const [nearest, distance] = known
    .map(each => [each, distanceOf(each.toLowerCase(), name.toLowerCase())] as const)
    .reduce((best, each) => (each[1] < best[1] ? each : best))
  const close = distance <= Math.max(2, Math.floor(name.length / 4))
  return {
    name: printable(name),
    from,
    got: 'a setting that does not exist',
    expected: 'a setting of docs/oracle-config.md',
    fix: close ? `did you mean ${nearest}?` : 'remove it; "config schema" lists all',
  }
}

const NO_FILE = 'no configuration file was found: "init" writes one, --config names one'

/** @returns INVALID_CONFIG with all faults */
export function invalidConfig(
  faults: readonly ConfigFault[],
  file: string | undefined,
): AttributionOracleError {
  const lines = faults.map(
    ({ name, from, got, expected, fix }) => `${name} (${from}): got ${got}, expected ${expected}; ${fix}`,
  )
  const count = `${faults.length} fault${faults.length > 1 ? 's' : ''}`
  return new AttributionOracleError(
    'INVALID_CONFIG',
    {
      what: `The configuration has ${count}\n  ${lines.join('\n  ')}`,
      ...(file === undefined && { fix: NO_FILE }),
    },
    { faults },
  )
}

export const knownNames: readonly string[] = SETTING_NAMES

/** Levenshtein distance; both texts are cut, since nobody mistypes a name that is longer. */
function distanceOf(a: string, b: string): number {
  const [left, right] = [a.slice(0, LONGEST), b.slice(0, LONGEST)]
  let row = Array.from({ length: right.length + 1 }, (_, i) => i)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const swap = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[right.length]!
}
