import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread on a TypeScript or JavaScript module, which finds `setup` in its workerData. A parent may run
 * under tsx, ts-node or mocha, whose hooks a thread does not inherit reliably: the thread registers tsx by itself.
 */
export function startThread(entry: string, setup: unknown): Worker {
  const loader = extname(entry) === '.ts' ? require.resolve('tsx/cjs') : undefined
  return new Worker(
    "const { loader, entry } = require('node:worker_threads').workerData; if (loader) require(loader); require(entry)",
    { eval: true, execArgv: [], workerData: { loader, entry, setup } },
  )
}
