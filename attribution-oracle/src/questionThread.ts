import { workerData } from 'node:worker_threads'
import { openContent, systemOf, type ReadingConfig } from './computing'
import type { EpochQuestions } from './pipeline'
import { epochQuestions } from './pipeline/apiReading/epochQuestions'
import { loadKeccak } from './settlement'
import { serveJobs } from './thread/serveJobs'

// A thread that reads epochs for whoever asks over HTTP: no chain, no database, no key.
serveJobs<EpochQuestions>(async observe => {
  const config = (workerData as { setup: ReadingConfig }).setup
  const content = openContent(config, observe)
  return {
    jobs: epochQuestions({ content, keccak: await loadKeccak(), system: systemOf(config) }),
    close: () => Promise.resolve(),
  }
})
