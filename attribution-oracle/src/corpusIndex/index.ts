export {
  CorpusIndex,
  type CorpusIndexDependencies,
  type CorpusIndexOptions,
  type EpochDocuments,
} from './corpusIndex'
export { DiskShard } from './diskShard'
export type { SortedText } from './shardFiles'
export { PAGE_BYTES, PageCache } from './pageCache'
