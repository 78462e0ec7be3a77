import { FetchRequest, HDNodeWallet, JsonRpcProvider, Network } from 'ethers'
import { operatorSetAt, oracleAt, type Addresses } from './contracts'
import { historyFilter } from './events'
import { asked } from './rpcFault'
import { called } from './reverts'

/** What an RPC endpoint says of its chain. */
export interface EndpointFacts {
  chainId: number
  genesisHash: string
  head: number
  finalized: number
  /** unix seconds of the latest block */
  time: number
}

/** What the chain says of an account as an operator. Amounts are wei. */
export interface OperatorFacts {
  address: string
  /** the next epoch that is not final */
  epoch: number
  /** among the operators of that epoch, from 0; -1 for none of them */
  place: number
  operators: number
  /** so many operators may be faulty; a post needs one word more */
  faults: number
  /** bonded, not leaving and not slashed */
  active: boolean
  bond: bigint
  minimumBond: bigint
  balance: bigint
}

/** Looks at a chain through one endpoint before anything is trusted to it; reads only. */
export class Inspector {
  readonly #provider: JsonRpcProvider

  constructor(url: string, timeoutMs: number) {
    const request = new FetchRequest(url)
    request.timeout = timeoutMs
    // the chain's id is asked for below, and nobody waits for a network that never answers
    this.#provider = new JsonRpcProvider(request, Network.from(1), { staticNetwork: true, batchMaxCount: 1 })
  }

  /** @throws RPC_FAILED */
  async endpoint(): Promise<EndpointFacts> {
    const send = <T>(method: string, ...args: unknown[]): Promise<T> =>
      asked(method, this.#provider.send(method, args) as Promise<T>)
    const chainId = await send<string>('eth_chainId')
    const blocks = ['0x0', 'latest', 'finalized'].map(tag =>
      send<{ number: string; hash: string; timestamp: string } | null>('eth_getBlockByNumber', tag, false),
    )
    const [genesis, latest, finalized] = await Promise.all(blocks)
    return {
      chainId: Number(chainId),
      genesisHash: genesis?.hash ?? '',
      head: Number(latest?.number),
      finalized: finalized ? Number(finalized.number) : -1,
      time: Number(latest?.timestamp),
    }
  }

  /** Unix seconds of a block. @throws RPC_FAILED */
  async timeOf(block: number): Promise<number> {
    const found = await asked('eth_getBlockByNumber', this.#provider.getBlock(block))
    return found?.timestamp ?? 0
  }

  /** Names of contracts that have no code at their address. @throws RPC_FAILED */
  async withoutCode(addresses: Addresses): Promise<string[]> {
    const codes = Object.entries(addresses).map(async ([name, address]) => {
      const code = await asked('eth_getCode', this.#provider.getCode(address as string))
      return code === '0x' ? [name] : []
    })
    return (await Promise.all(codes)).flat()
  }

  /** How many events the first blocks of the system had: an endpoint that pruned them answers with none or fails. */
  async eventsFrom(addresses: Addresses, from: number, to: number): Promise<number> {
    const filter = { ...historyFilter(addresses), fromBlock: from, toBlock: to }
    return (await asked('eth_getLogs', this.#provider.getLogs(filter))).length
  }

  /** @throws RPC_FAILED, CALL_REVERTED */
  async operator(addresses: Addresses, address: string): Promise<OperatorFacts> {
    const set = operatorSetAt(addresses, this.#provider)
    const oracle = oracleAt(addresses, this.#provider)
    const finalEpoch = await called('AttributionOracle.finalEpoch', oracle.interface, oracle.finalEpoch())
    const epoch = Number(finalEpoch) + 1
    const reads = [
      set.membersOf(epoch),
      set.isActive(address),
      set.bondOf(address),
      set.minimumBond(),
    ] as const
    const [[members, faults], active, bond, minimumBond] = await called(
      'OperatorSet',
      set.interface,
      Promise.all(reads),
    )
    const balance = await asked('eth_getBalance', this.#provider.getBalance(address))
    const place = members.findIndex(member => member.toLowerCase() === address.toLowerCase())
    const [operators, needed] = [members.length, Number(faults)]
    return { address, epoch, place, operators, faults: needed, active, bond, minimumBond, balance }
  }

  close(): void {
    this.#provider.destroy()
  }
}

const LOCAL_PHRASE = 'test test test test test test test test test test test junk'
const LOCAL_ACCOUNTS = 20

/**
 * The accounts that every local node (anvil, hardhat) starts with; their keys are public, so they are worth something on
 * a throw-away chain alone.
 */
export function localKeys(): { address: string; key: string }[] {
  const root = HDNodeWallet.fromPhrase(LOCAL_PHRASE, undefined, "m/44'/60'/0'/0")
  return Array.from({ length: LOCAL_ACCOUNTS }, (_, index) => {
    const { address, privateKey } = root.deriveChild(index)
    return { address, key: privateKey }
  })
}
