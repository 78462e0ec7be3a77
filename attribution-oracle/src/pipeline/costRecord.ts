import { makeFolder } from '@open-datanets/content-store'
import { appendFile, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { canonicalJson, type Observe, type ServiceEvent } from '../domain'

const wei = z.string().regex(/^\d+$/).transform(BigInt)

const stage = z.object({
  kind: z.literal('stage'),
  epoch: z.number().int(),
  stage: z.string(),
  items: z.number(),
  seconds: z.number(),
})

const transaction = z.object({
  kind: z.literal('transaction'),
  epoch: z.number().int(),
  action: z.string(),
  hash: z.string(),
  result: z.enum(['sent', 'replaced', 'mined', 'reverted', 'superseded', 'refused']),
  gasUsed: wei.optional(),
  cost: wei.optional(),
})

const line = z.discriminatedUnion('kind', [stage, transaction])

/** What one stage took, or what became of one try to send a transaction. */
export type CostLine = z.infer<typeof line>

export interface CostRecord {
  observe: Observe
  /** Waits until everything that was observed is in the file. */
  close(): Promise<void>
}

/**
 * Keeps what epochs cost in a file of JSON lines that is only ever appended to, so that a report spans restarts. Costs
 * are no money of ours: a disk that refuses them is reported and stops nothing.
 */
export function recordCosts(file: string, observe: Observe = () => undefined): CostRecord {
  let last = Promise.resolve()
  const write = (event: ServiceEvent): Promise<void> =>
    // a line starts with the line break: what a killed process wrote in part spoils no other line
    last
      .then(() => makeFolder(dirname(file)))
      .then(() => appendFile(file, `\n${canonicalJson(lineOf(event))}`))
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        observe({ kind: 'failed', step: 'cost record', code: 'DISK', message })
      })
  return {
    observe(event) {
      if (event.kind === 'stage' || event.kind === 'transaction') last = write(event)
    },
    close: () => last,
  }
}

/** All lines of a record in their order; none where there is no file. A line that was cut short is left out. */
export async function readCosts(file: string): Promise<CostLine[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap(each => {
    try {
      return [line.parse(JSON.parse(each))]
    } catch {
      return []
    }
  })
}

/** The fields that a report needs; an event may have others, and may have them undefined. */
function lineOf(event: ServiceEvent): Record<string, unknown> {
  if (event.kind === 'stage') {
    const { kind, epoch, stage: name, items, seconds } = event
    return { kind, epoch, stage: name, items, seconds }
  }
  if (event.kind !== 'transaction') return {}
  const { kind, epoch, action, hash, result, gasUsed, cost } = event
  return {
    ...{ kind, epoch, action, hash, result },
    ...(gasUsed !== undefined && { gasUsed }),
    ...(cost !== undefined && { cost }),
  }
}
