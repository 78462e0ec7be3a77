import { open, readFile, type FileHandle } from 'node:fs/promises'
import { canonicalJson } from '@open-datanets/content-store'
import { OpenLoraError } from '../errors'
import { journalEntrySchema, type JournalEntry } from './journalEntry'

interface Waiting {
  line: string
  resolve(): void
  reject(error: unknown): void
}

/**
 * The server's memory: one JSON line per receipt and settlement, appended and synced before anybody is told. Lines that
 * arrive while a sync is under way share the next one.
 */
export class FileJournal {
  readonly #file: FileHandle
  #failure: OpenLoraError | undefined
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined

  /**
   * Opens or creates the journal at `path`. A last line without its end was never acknowledged and is cut off; any
   * other line that cannot be read fails with JOURNAL_BROKEN.
   */
  static async open(path: string): Promise<{ journal: FileJournal; entries: JournalEntry[] }> {
    const file = await open(path, 'a')
    try {
      const text = await readFile(path, 'utf8')
      const complete = text.slice(0, text.lastIndexOf('\n') + 1)
      await file.truncate(Buffer.byteLength(complete))
      return { journal: new FileJournal(file), entries: complete.split('\n').slice(0, -1).map(parseLine) }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /**
   * Resolves when the entry is on disk. Entries lie there in the order of the calls. After one JOURNAL_FAILED every
   * later append fails too: a chain of receipts with a hole could not be continued.
   */
  append(entry: JournalEntry): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${canonicalJson(entry)}\n`, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  async close(): Promise<void> {
    await this.#flushing
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#file.appendFile(batch.map(({ line }) => line).join(''))
        await this.#file.datasync()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        this.#fail(error, batch)
      }
    }
    this.#flushing = undefined
  }

  #fail(cause: unknown, batch: readonly Waiting[]): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#failure = new OpenLoraError(
      'JOURNAL_FAILED',
      {
        what: 'the journal cannot be written',
        got: reason,
        fix: 'make room or repair the disk, then restart',
      },
      { cause: reason },
      { cause },
    )
    for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(this.#failure)
  }
}

function parseLine(line: string, index: number): JournalEntry {
  const parsed = journalEntrySchema.safeParse(parseJson(line))
  if (parsed.success) return parsed.data
  const got = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new OpenLoraError(
    'JOURNAL_BROKEN',
    { what: `line ${index + 1} of the journal cannot be read`, got, expected: 'a receipt or a settlement' },
    { line: index + 1, got, expected: 'a receipt or a settlement' },
  )
}

/** Text that is not JSON is handed on as nothing, which no entry is. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
