export { epochQuestions, type EpochQuestions } from './epochQuestions'
export { openReading, type LiveReading, type ReadingDependencies, type ReadingOptions } from './reading'
export { openTreeFile } from './treeFiles'
