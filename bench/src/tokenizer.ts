import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Tokenizer, trainBpe } from '@open-datanets/onnx-engine'
import type { Bench } from './bench'
import { VOCABULARY } from './languageModel'
import { spreadOf, timed } from './measure'

/** Packages whose Solidity is installed with ours. */
const PACKAGES = ['@openzeppelin/contracts', '@solidstate/contracts', '@aave/core-v3', 'solady', 'solmate']
const ROUNDS = 5

export const tokenizer: Bench = {
  name: 'tokenizer',
  claim:
    'byte-level BPE trains on a Datanet in seconds, encodes megabytes a second, and gives every byte back',
  run: async () => {
    const files = PACKAGES.flatMap(name =>
      solidityFiles(path.dirname(require.resolve(`${name}/package.json`))),
    )
    const bytes = files.reduce((sum, file) => sum + file.length, 0)
    const rate = (milliseconds: readonly number[]): number => bytes / 1e3 / spreadOf(milliseconds).median
    const [training, cold, warm, decoding]: number[][] = [[], [], [], []]
    let tokens = 0
    let exact = 0
    for (let round = 0; round < ROUNDS; round++) {
      let trained!: Tokenizer
      training!.push(await timed(() => (trained = trainBpe(files, { vocabSize: VOCABULARY }))))
      let encoded: number[][] = []
      cold!.push(await timed(() => (encoded = files.map(file => trained.encode(file)))))
      warm!.push(await timed(() => files.map(file => trained.encode(file))))
      let decoded: Uint8Array[] = []
      decoding!.push(await timed(() => (decoded = encoded.map(ids => trained.decodeBytes(ids)))))
      tokens = encoded.reduce((sum, ids) => sum + ids.length, 0)
      exact = decoded.filter((file, i) => Buffer.compare(file, files[i]!) === 0).length
    }
    const row = (what: string, milliseconds: number[]) => ({
      what,
      ms: spreadOf(milliseconds).median,
      'min ms': spreadOf(milliseconds).min,
      'max ms': spreadOf(milliseconds).max,
      'MB/s': rate(milliseconds),
    })
    return [
      {
        title: `Tokenizer of ${VOCABULARY} on ${files.length} Solidity files, ${(bytes / 1e6).toFixed(1)} MB`,
        rows: [
          row('train', training!),
          row('encode, first pass', cold!),
          row('encode, pieces cached', warm!),
          row('decode', decoding!),
        ],
        notes: [
          `${tokens} tokens, ${(bytes / tokens).toFixed(2)} bytes a token; ${exact} of ${files.length} files come back byte for byte.`,
          `Median of ${ROUNDS} rounds, one thread. No bar was set and no peer measured.`,
        ],
      },
    ]
  },
}

function solidityFiles(folder: string): Uint8Array[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.sol'))
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort()
    .map(file => readFileSync(file))
}
