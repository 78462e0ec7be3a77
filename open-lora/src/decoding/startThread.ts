import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread on a TypeScript or JavaScript module. A thread does not inherit the hooks of tsx, ts-node or
 * mocha reliably, so it registers tsx by itself.
 */
export function startThread(entry: string, setup: unknown): Worker {
  const loader = extname(entry) === '.ts' ? require.resolve('tsx/cjs') : undefined
  return new Worker(
    "const { loader, entry } = require('node:worker_threads').workerData; if (loader) require(loader); require(entry)",
    { eval: true, execArgv: [], workerData: { loader, entry, setup } },
  )
}
