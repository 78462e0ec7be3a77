export { MNEMONIC, startChain, type ChainOptions, type EmbeddedChain } from './embeddedChain'
export { EmbeddedChainError } from './errors'
