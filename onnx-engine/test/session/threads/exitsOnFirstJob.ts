import { parentPort } from 'node:worker_threads'

parentPort?.postMessage({ kind: 'ready' })
parentPort?.once('message', () => process.exit(7))
