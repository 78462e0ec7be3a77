import { AttributionOracleError } from '../../errors'
import type { MethodSettings } from '../capture'

const DECIMAL = /^\d+(\.\d+)?(e-?\d+)?$/

/** A positive decimal of the settings, or what stands for it when it is absent. */
export function decimalOf(
  settings: MethodSettings,
  name: 'damping' | 'weightDecay',
  otherwise: string,
): number {
  const text = settings[name] ?? otherwise
  const value = Number(text)
  if (DECIMAL.test(text) && Number.isFinite(value) && value > 0) return value
  throw refused(name, text, 'a positive decimal, such as "0.0003"')
}

/** k of the k x k features of a layer. */
export function projectionOf(settings: MethodSettings, otherwise: number): number {
  const k = settings.projection ?? otherwise
  if (Number.isInteger(k) && k >= 1 && k <= 256) return k
  throw refused('projection', String(k), 'an integer from 1 to 256')
}

/** Bytes that the matrices of one checkpoint may take. */
export function memoryOf(settings: MethodSettings): number {
  return settings.memory ?? 1 << 30
}

/** @throws AttributionOracleError INVALID_ARGUMENT where `bytes` are more than the settings allow */
export function withinMemory(settings: MethodSettings, bytes: number, what: string, fix: string): void {
  const budget = memoryOf(settings)
  if (bytes <= budget) return
  throw new AttributionOracleError(
    'INVALID_ARGUMENT',
    {
      what: `${what} takes more memory than allowed`,
      got: `${bytes} bytes`,
      expected: `at most ${budget}`,
      fix,
    },
    { argument: 'memory', got: String(bytes), expected: `at most ${budget}` },
  )
}

export function refused(
  argument: string,
  got: string,
  expected: string,
  fix?: string,
): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `${argument} is not usable`, got, expected, ...(fix === undefined ? {} : { fix }) },
    { argument, got, expected },
  )
}
