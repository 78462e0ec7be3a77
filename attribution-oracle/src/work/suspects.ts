import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Digest, type Shard, type ShardDocument, windowCount } from '../domain'
import { AttributionOracleError } from '../errors'

/**
 * Shards that no worker brought back, while they are computed here. One that is still listed when the process starts has
 * ended the process before: it is not tried again, so that neither workers nor operator die of it for ever.
 */
export interface Suspects {
  /** Computes a shard under suspicion. @throws AttributionOracleError SHARD_POISONED for one that ended this process before */
  tried<T>(shard: Shard, compute: () => Promise<T>): Promise<T>
  /** @throws AttributionOracleError SHARD_POISONED */
  expectHarmless(shard: Shard): void
}

const line = z.strictObject({ shard: z.string(), graph: z.string(), at: z.string() })
type Line = z.output<typeof line>

/**
 * One shard a line, as JSON, so that it outlives the process; without a file nothing does.
 * @throws AttributionOracleError INVALID_DOCUMENT for a file that is something else
 */
export async function openSuspects(file?: string): Promise<Suspects> {
  const fatal = file === undefined ? [] : await linesIn(file)
  const underWay = new Map<Digest, Line>()
  let written = Promise.resolve()
  const write = (): Promise<void> => {
    const lines = [...fatal, ...underWay.values()].map(each => `${JSON.stringify(each)}\n`)
    if (file !== undefined)
      written = written
        .catch(() => undefined)
        .then(() => writeFile(file, lines.join(''), { mode: 0o600, flush: true }))
    return written
  }
  const expectHarmless = (shard: Shard): void => {
    const known = fatal.find(each => each.shard === shard.digest)
    if (known) throw poisoned(shard, `it ended this process at ${known.at}, see ${file}`)
  }
  return {
    expectHarmless,
    async tried(shard, compute) {
      expectHarmless(shard)
      const { digest } = shard
      underWay.set(digest, { shard: digest, graph: shard.document.graph, at: new Date().toISOString() })
      await write()
      try {
        return await compute()
      } finally {
        underWay.delete(digest)
        await write()
      }
    },
  }
}

function poisoned({ digest, document }: Shard, got: string): AttributionOracleError {
  const input = `${document.asked.kind} of ${windowCount(document)} windows of graph ${document.graph}, from ${inputsOf(document)}`
  return new AttributionOracleError(
    'SHARD_POISONED',
    {
      what: `Shard ${digest} ends every process that computes it: ${input}`,
      got,
      fix: 'See what the graph needs (memory first) and give more; then take its line out of the file and start again.',
    },
    { shard: digest, graph: document.graph, input },
  )
}

function inputsOf({ passages }: ShardDocument): string {
  const names = [...new Set(passages.map(each => ('text' in each ? each.text : each.answers)))]
  return names.length === 1 ? `${names[0]}` : `${names[0]} and ${names.length - 1} more`
}

async function linesIn(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  try {
    const lines = text.split('\n').filter(each => each !== '')
    return lines.map(each => line.parse(JSON.parse(each)))
  } catch (cause) {
    const issue = cause instanceof Error ? cause.message : String(cause)
    throw new AttributionOracleError(
      'INVALID_DOCUMENT',
      { what: `${file} is no list of shards`, got: issue, fix: 'Repair or remove the file.' },
      { format: 'open-datanets/suspects', issues: [issue] },
      { cause },
    )
  }
}
