export type { NamedDigest } from './arrayFile'
export { CheckpointView, uniformsOf, type CaptureOptions } from './capture'
export type { Checkpoint, CheckpointSource } from './checkpoints'
export {
  memoryBytes,
  scoreJob as scoreJobDocument,
  scoreJobSchema,
  SCORE_JOB_FORMAT,
  type ScoreJob,
} from './document'
export type { LoadedEvidence } from './evidence'
export { invalidJob, isEngineFault } from './faults'
export { loadJob, type LoadedJob } from './loadJob'
export { checkOut, writeOutputs, type JobOutputs, type Written } from './outputs'
export { Passes } from './passes'
export { readJob, parseJob } from './readJob'
export { trainSubsets, type SubsetTask } from './retrain'
export { keysOfSamples } from './sampleKeys'
export { pickRows, rowsOf } from './rows'
