export { createSnapshot, type CreatingSnapshot } from './createSnapshot'
export {
  readManifest as readSnapshot,
  SNAPSHOT_FORMAT,
  type ReadManifest,
  type SnapshotManifest,
} from './manifest'
export { restoreSnapshot, type RestoringSnapshot } from './restoreSnapshot'
export { verifySnapshot, type VerifyingSnapshot } from './verifySnapshot'
