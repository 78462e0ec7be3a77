import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { CounterStream } from '@open-datanets/onnx-engine'
import { DemoError } from './errors'

/** A Solidity file as an installed npm package carries it, read at run time. */
export interface SourceFile {
  name: string
  bytes: Uint8Array
}

/** An author of the corpus: one npm package. `folder` is where its sources lie under node_modules. */
export interface Author {
  name: string
  folder: string
}

export const AUTHORS: readonly Author[] = [
  { name: 'openzeppelin', folder: '@openzeppelin/contracts' },
  { name: 'aave', folder: '@aave/core-v3/contracts' },
  { name: 'solmate', folder: 'solmate/src' },
  { name: 'solady', folder: 'solady/src' },
  { name: 'prb-math', folder: '@prb/math/src' },
  { name: 'erc721a', folder: 'erc721a/contracts' },
  { name: 'forge-std', folder: 'forge-std' },
  { name: 'solidstate', folder: '@solidstate/contracts' },
]

const SMALLEST = 600
const LARGEST = 12_000

/** Finds where an installed package keeps its files: the nearest node_modules that has the folder. */
function locate(author: Author): string {
  for (const base of module.paths) {
    const folder = path.join(base, author.folder)
    try {
      readdirSync(folder)
      return folder
    } catch {
      continue
    }
  }
  throw new DemoError('SOURCE_MISSING', { author: author.name, folder: author.folder })
}

function* solidityFiles(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* solidityFiles(full)
    else if (entry.name.endsWith('.sol')) yield full
  }
}

/**
 * Reads an author's files of 600 to 12,000 bytes and deals them: `count` to contribute, `heldOut` that nobody
 * contributes and on which models are judged. The order is drawn from the seed.
 */
export function readAuthor(
  author: Author,
  seed: string,
  count: number,
  heldOut: number,
): { files: SourceFile[]; heldOut: SourceFile[] } {
  const folder = locate(author)
  const all: SourceFile[] = []
  for (const file of solidityFiles(folder)) {
    const bytes = new Uint8Array(readFileSync(file))
    if (bytes.length < SMALLEST || bytes.length > LARGEST) continue
    all.push({ name: `${author.name}/${path.relative(folder, file).split(path.sep).join('/')}`, bytes })
  }
  const order = new CounterStream(seed, ['corpus', author.name]).shuffle(all)
  const kept = Math.min(heldOut, Math.floor(order.length / 4))
  return { heldOut: order.slice(0, kept), files: order.slice(kept, kept + count) }
}
