export { rawBlock, type Block } from './block'
export * from './car'
export * from './epochBlocks'
export * from './wholeFile'
