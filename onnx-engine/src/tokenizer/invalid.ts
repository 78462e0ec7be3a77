import { OnnxEngineError } from '../errors'

export type Json = Record<string, unknown>

export function invalid(field: string, got: unknown, expected: string): never {
  throw new OnnxEngineError('INVALID_TOKENIZER', { field, got: JSON.stringify(got) ?? 'nothing', expected })
}

export function objectAt(parent: Json, field: string, path = field): Json {
  const value = parent[field]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) invalid(path, value, 'an object')
  return value as Json
}
