import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readArrays, type NpyArray } from '@open-datanets/onnx-engine'
import type { Digest } from '../domain'
import { invalidJob } from './faults'

/** A file that the job named, and the SHA-256 of its bytes. */
export interface NamedDigest {
  readonly name: string
  readonly digest: Digest
}

/** "a.npz#b" is array b of a.npz; everything else is a path. */
export function splitName(file: string): { path: string; entry: string | undefined } {
  const [, path, entry] = /^(.*\.npz)#(.+)$/.exec(file) ?? [undefined, file, undefined]
  return { path: path!, entry }
}

/**
 * One array of a file.
 * @throws INVALID_JOB when an NPZ has several arrays and none is named, and what the engine throws for a broken file
 */
export async function readArray(name: string, path: string, entry: string | undefined): Promise<NpyArray> {
  const arrays = await readArrays(path)
  const found =
    entry === undefined ? (arrays.size === 1 ? [...arrays.values()][0] : arrays.get('')) : arrays.get(entry)
  if (found) return found
  const got = `${path} with ${[...arrays.keys()].join(', ') || 'no arrays'}`
  throw invalidJob([
    {
      name,
      got,
      expected: entry === undefined ? 'one array, or the name of one: file.npz#name' : `an array ${entry}`,
    },
  ])
}

export async function fileDigest(path: string): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return `0x${hash.digest('hex')}`
}

export const shapeText = (shape: readonly (number | string)[]): string => `[${shape.join(', ')}]`
