import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../errors'
import { endProgram, startProgram, type SeededNode } from './seededNode'

/** What the process says of itself. */
export interface Sample {
  /** seconds since the process was started */
  seconds: number
  /** bytes, of all threads */
  resident: number
  /** bytes, of the thread that serves */
  heap: number
  /** the longest delay of the event loop that serves since the sample before, milliseconds */
  delay: number
}

/** What the image and the unit set for its memory; 0 is glibc's own choice. */
export const AS_PACKAGED = { MALLOC_ARENA_MAX: '2' }

/** The service as an operator runs it: one process of the command line, PGlite on disk, the API beside the loop. */
export class OperatorProcess {
  private readonly started = performance.now()
  private said = ''

  private constructor(
    readonly url: string,
    private readonly child: ReturnType<typeof startProgram>,
  ) {
    // pipes that nobody reads fill up, and then the process stands still
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4000)))
  }

  static async start(folder: string, { rpcUrl, record, operatorKey }: SeededNode): Promise<OperatorProcess> {
    const httpPort = await freePort()
    const file = path.join(folder, 'oracle.json')
    const config = {
      ...{ rpcUrl, deployment: record, operatorKey, httpPort },
      contentFolder: path.join(path.dirname(record), 'content'),
      ...{ storeFolder: 'store', publishFolder: 'published', pollMs: 1000, workers: 1, rateLimit: 0 },
    }
    await writeFile(file, JSON.stringify(config), { mode: 0o600 })
    const child = startProgram(
      'attribution-oracle/src/main.ts',
      ['run', '--confirm', '--config', file],
      AS_PACKAGED,
    )
    return new OperatorProcess(`http://127.0.0.1:${httpPort}`, child)
  }

  async json<T>(route: string): Promise<T | undefined> {
    const response = await fetch(this.url + route).catch(() => undefined)
    return response?.ok ? ((await response.json()) as T) : undefined
  }

  /** @throws CHILD_ENDED with the last words of a process that is gone */
  async until<T>(patienceMs: number, look: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + patienceMs; ;) {
      const found = await look()
      if (found !== undefined) return found
      this.expectAlive()
      if (Date.now() > end) throw this.ended()
      await sleep(500)
    }
  }

  /** From its own /metrics, as its operator would see it. */
  async sample(): Promise<Sample> {
    this.expectAlive()
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const figure = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    return {
      seconds: (performance.now() - this.started) / 1000,
      resident: figure('process_resident_memory_bytes'),
      heap: figure('nodejs_heap_size_used_bytes'),
      delay: 1000 * figure('nodejs_eventloop_lag_max_seconds'),
    }
  }

  stop(): Promise<void> {
    return endProgram(this.child)
  }

  private expectAlive(): void {
    if (this.child.exitCode !== null || this.child.signalCode !== null) throw this.ended()
  }

  private ended(): BenchError {
    return new BenchError('CHILD_ENDED', {
      program: 'attribution-oracle run',
      code: this.child.exitCode,
      said: this.said,
    })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
