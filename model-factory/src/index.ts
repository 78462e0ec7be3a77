export { ModelFactoryError } from './errors'
export type { ModelFactoryErrorCode, ModelFactoryErrorData } from './errors'
export { takeSnapshot } from './snapshot/takeSnapshot'
export type {
  ContributedFile,
  Refusal,
  RefusalReason,
  SnapshotResult,
  TakeSnapshotOptions,
} from './snapshot/takeSnapshot'
export { jobDigest, parseJob, TRAINING_JOB_FORMAT } from './job/trainingJob'
export type { AdapterSpec, Training, TrainingJob } from './job/trainingJob'
export { compactJob } from './job/compactJob'
export type { CompactJobOptions } from './job/compactJob'
export { readHeldOut } from './documents/evaluationManifest'
export type { EvaluationManifest, HeldOut, HeldOutFile } from './documents/evaluationManifest'
export type { Loss } from './documents/loss'
export type { Snapshot } from './documents/snapshot'
export { trainingManifest, TRAINING_MANIFEST_FORMAT } from './documents/trainingManifest'
export type { AdapterManifest, BaseManifest, TrainingManifest } from './documents/trainingManifest'
export { trainBase } from './train/trainBase'
export type { TrainDependencies } from './train/trainBase'
export { trainAdapter } from './train/trainAdapter'
export type { AdapterModel } from './train/trainAdapter'
export type { BaseModel, TrainingData } from './train/baseModel'
export type { FactoryProgress } from './train/progress'
export { evaluate } from './evaluate/evaluate'
export type { EvaluateOptions } from './evaluate/evaluate'
export { NgramBaseline } from './evaluate/ngramBaseline'
export { windowsOf } from './corpus/windows'
export type { Window } from './corpus/windows'
export { loadAdapter, loadBase } from './deploy/loadModel'
export { registerModel } from './chain/registerModel'
export type { ModelRegistration, RegisteredModel } from './chain/registerModel'
