import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildSuffixArray, CorpusIndex, MemoryShard, SpanIndex } from '@open-datanets/attribution-oracle'
import type { Bench } from '../bench'
import { spreadOf, timed, type Spread } from '../measure'
import type { Row, Table } from '../table'
import { randomReads } from './randomReads'
import { DOCUMENT_TOKENS, VOCABULARY, zipfDocuments, zipfResponses } from './zipfText'

const TOKENS = 10_000_000
const SMALL = 1_000_000
const BUILDS = 5
const RESPONSES = 50
const PASSES = 3
const CONTRIBUTORS = 50
const BARS = { small: 2, large: 0.8, response: 5, bytes: 7 }
/** Bytes of the smaller cache: a quarter of the index and less. */
const SMALL_CACHE = 14 * 2 ** 20
const LARGE_CACHE = 64 * 2 ** 20

export const suffix: Bench = {
  name: 'suffix',
  claim:
    'the contributors’ text is sorted at >= 2 million tokens/s (0.8 at 10 million), searched in <= 5 ms a response, kept in <= 7 bytes a token',
  run: async () => {
    const documents = zipfDocuments(TOKENS / DOCUMENT_TOKENS)
    const reads = await randomReads()
    return [await building(documents, reads), await searching(documents)]
  },
}

async function building(documents: readonly Uint16Array[], reads: Spread): Promise<Table> {
  const text = new Uint16Array(TOKENS)
  documents.forEach((tokens, i) => text.set(tokens, i * DOCUMENT_TOKENS))
  const rate = async (tokens: Uint16Array): Promise<Spread> => {
    const rates: number[] = []
    for (let i = 0; i < BUILDS; i++)
      rates.push(tokens.length / 1e3 / (await timed(() => buildSuffixArray(tokens))))
    return spreadOf(rates)
  }
  const small = await rate(text.subarray(0, SMALL))
  const large = await rate(text)
  const row = (what: string, { median, min, max }: Spread, bar?: string): Row => ({
    what,
    'million/s': median,
    min,
    max,
    ...(bar && { bar }),
  })
  return {
    title: `Suffix array of 16-bit tokens, vocabulary ${VOCABULARY}, one thread`,
    rows: [
      row('tokens, 1 million', small, `>= ${BARS.small}`),
      row('tokens, 10 million', large, `>= ${BARS.large}`),
      row('random reads in 32 MiB', reads),
    ],
    notes: [
      `Zipf-like text, a twentieth of it copied. Median of ${BUILDS} builds. The random reads tell how much of the`,
      'machine was there in the same run.',
    ],
    missed: [
      ...missed(small.median >= BARS.small, `1 million: ${small.median.toFixed(2)} million tokens/s`),
      ...missed(large.median >= BARS.large, `10 million: ${large.median.toFixed(2)} million tokens/s`),
    ],
  }
}

async function searching(documents: readonly Uint16Array[]): Promise<Table> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-suffix-'))
  try {
    const sorted = MemoryShard.build(documents)
    const contributors = documents.map((_, i) => i % CONTRIBUTORS)
    const responses = zipfResponses(documents, RESPONSES)
    const tables = { contributors }
    const memory = await respond(new SpanIndex([sorted], tables), responses)
    const dependencies = { sort: () => sorted }
    const written = await CorpusIndex.open({ folder }, dependencies)
    await written.append(0, documents)
    written.close()
    const onDisk = async (cacheBytes: number): Promise<Spread> => {
      const index = await CorpusIndex.open({ folder, cacheBytes }, dependencies)
      const spread = await respond(new SpanIndex(index.shards, tables), responses)
      index.close()
      return spread
    }
    const disk = await onDisk(LARGE_CACHE)
    const tight = await onDisk(SMALL_CACHE)
    const bytes = sizeOf(folder) / TOKENS
    const row = (what: string, { median, min, max }: Spread): Row => ({ what, ms: median, min, max })
    const bar = `<= ${BARS.response} ms`
    return {
      title: `All maximal spans of a response of 458 tokens, over ${TOKENS.toLocaleString('en-US')} tokens`,
      rows: [
        { ...row('in memory', memory), bar },
        { ...row('from disk, 64 MiB of pages, warm', disk), bar },
        row('from disk, 14 MiB of pages', tight),
        { what: 'bytes a token on disk', bytes, bar: `<= ${BARS.bytes}` },
      ],
      notes: [
        `${RESPONSES} responses, of the last of ${PASSES} passes, with the clusters of every span. A vocabulary beyond`,
        '65,535 takes one byte more a token.',
      ],
      missed: [
        ...missed(memory.median <= BARS.response, `in memory: ${memory.median.toFixed(2)} ms`),
        ...missed(disk.median <= BARS.response, `from disk: ${disk.median.toFixed(2)} ms`),
        ...missed(bytes <= BARS.bytes, `${bytes.toFixed(2)} bytes a token`),
      ],
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Milliseconds of each response in the last pass. */
async function respond(index: SpanIndex, responses: readonly number[][]): Promise<Spread> {
  let times: number[] = []
  for (let pass = 0; pass < PASSES; pass++) {
    times = []
    for (const response of responses) times.push(await timed(() => index.spansOf(response)))
  }
  return spreadOf(times)
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0)
}

function missed(holds: boolean, figure: string): string[] {
  return holds ? [] : [figure]
}
