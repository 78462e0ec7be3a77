import { appendFile, readFile, truncate } from 'node:fs/promises'
import { z } from 'zod'
import { AttributionOracleError } from '../errors'

/** The workers whose results nobody uses any more. */
export interface Quarantine {
  has(worker: string): boolean
  add(worker: string, reason: string): Promise<void>
}

const line = z.strictObject({ worker: z.string(), reason: z.string(), at: z.string() })

/**
 * One worker a line, as JSON, so that it outlives the process; without a file it does not. Whoever takes a line out lets
 * its worker in again at the next start. A line that a killed process wrote in part is taken out here: who it was of
 * will be caught again.
 * @throws AttributionOracleError INVALID_DOCUMENT for a file that is something else
 */
export async function openQuarantine(file?: string): Promise<Quarantine> {
  const workers = new Set(file === undefined ? [] : await workersIn(file))
  return {
    has: worker => workers.has(worker),
    async add(worker, reason) {
      if (workers.has(worker)) return
      workers.add(worker)
      const entry = { worker, reason, at: new Date().toISOString() }
      if (file !== undefined)
        await appendFile(file, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true })
    },
  }
}

async function workersIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n')
  const last = lines.pop()!
  const cut = last !== '' && isCutShort(last)
  if (last !== '' && !cut) lines.push(last)
  const workers = lines.filter(each => each !== '').map(each => workerIn(file, each))
  if (cut) await truncate(file, Buffer.byteLength(text) - Buffer.byteLength(last))
  else if (last !== '') await appendFile(file, '\n')
  return workers
}

const BEGINNING = '{"worker":"'

function isCutShort(text: string): boolean {
  return !text.endsWith('}') && BEGINNING.startsWith(text.slice(0, BEGINNING.length))
}

function workerIn(file: string, text: string): string {
  try {
    return line.parse(JSON.parse(text)).worker
  } catch (cause) {
    const issue = cause instanceof Error ? cause.message : String(cause)
    throw new AttributionOracleError(
      'INVALID_DOCUMENT',
      { what: `${file} is no list of quarantined workers`, got: issue, fix: 'Repair or remove the file.' },
      { format: 'open-datanets/quarantine', issues: [issue] },
      { cause },
    )
  }
}
