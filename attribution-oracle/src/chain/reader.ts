import type { JsonRpcProvider } from 'ethers'
import type { BlockRef, ChainHistory, Digest } from '../domain'
import { AttributionOracleError } from '../errors'
import { readRange } from './adaptiveRange'
import type { Addresses } from './contracts'
import { historyFilter, historyOf } from './events'
import { asked } from './rpcFault'

export interface ReaderOptions {
  chainId: number
  /** no contract of the system is older than this block */
  startBlock: number
  addresses: Addresses
}

/** Reads finalized blocks only: what it returns never changes again. */
export class ChainReader {
  private constructor(
    private readonly provider: JsonRpcProvider,
    private readonly options: ReaderOptions,
  ) {}

  /** @throws WRONG_CHAIN when the RPC serves another chain, RPC_FAILED when it serves none */
  static async connect(provider: JsonRpcProvider, options: ReaderOptions): Promise<ChainReader> {
    const got = await asked('eth_chainId', provider.send('eth_chainId', []))
    if (Number(got) !== options.chainId) throw wrongChain(`chain ${Number(got)}`, `chain ${options.chainId}`)
    return new ChainReader(provider, options)
  }

  async finalizedBlock(): Promise<BlockRef> {
    return this.block('finalized')
  }

  /** @throws WRONG_CHAIN when the chain has another block at this height, or none */
  async expectBlock({ number, hash }: BlockRef): Promise<void> {
    const block = await this.block(number)
    if (block.hash !== hash) throw wrongChain(`block ${number} is ${block.hash}`, hash)
  }

  /** A block by its number. @throws WRONG_CHAIN when there is none */
  async blockAt(number: number): Promise<BlockRef> {
    return this.block(number)
  }

  /** Everything up to and including a finalized block. @throws WRONG_CHAIN for a block that is not finalized yet */
  async history(upTo: number, signal?: AbortSignal): Promise<ChainHistory> {
    const finalized = await this.finalizedBlock()
    if (finalized.number < upTo) throw wrongChain(`finalized up to ${finalized.number}`, `block ${upTo}`)
    const { addresses, startBlock } = this.options
    const filter = historyFilter(addresses)
    const logs = await readRange(
      startBlock,
      upTo,
      (fromBlock, toBlock) => this.provider.getLogs({ ...filter, fromBlock, toBlock }),
      signal,
    )
    return historyOf(addresses, logs)
  }

  private async block(tag: 'finalized' | number): Promise<BlockRef> {
    const block = await asked('eth_getBlockByNumber', this.provider.getBlock(tag))
    if (!block?.hash) throw wrongChain(`no block ${tag}`, `block ${tag}`)
    return { number: block.number, hash: block.hash as Digest }
  }
}

function wrongChain(got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'WRONG_CHAIN',
    { what: 'The RPC does not show the chain that was configured or seen before', got, expected },
    { got, expected },
  )
}
