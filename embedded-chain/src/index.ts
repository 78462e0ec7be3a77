export { MNEMONIC, startChain, type ChainOptions, type EmbeddedChain, type Hardfork } from './embeddedChain'
export { EmbeddedChainError } from './errors'
