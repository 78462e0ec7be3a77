import type { BlockRef, LogRecord } from '../domain'
import { AttributionOracleError } from '../errors'
import { headerOf, logsOf, type Header, type LogFilter } from './answers'
import type { Endpoint } from './endpoint'
import { EndpointFault } from './endpointFault'
import type { Given, RpcPool } from './rpcPool'

/** How many endpoints have to say the same before it is believed, and what ends the asking. */
export interface Agreeing {
  crossCheck: number
  signal?: AbortSignal | undefined
}

export type Tag = 'latest' | 'safe' | 'finalized'

/** Timeouts of eth_getLogs alone, from endpoints that are otherwise well, after which its range is what is too large. */
const HEAVY = 2

/** @returns undefined where the endpoint has no such block @throws EndpointFault */
export async function headerFrom(endpoint: Endpoint, block: Tag | number): Promise<Header | undefined> {
  const name = typeof block === 'number' ? `0x${block.toString(16)}` : block
  const header = headerOf(await endpoint.request('eth_getBlockByNumber', [name, false]))
  if (header && typeof block === 'number' && header.number !== block)
    throw new EndpointFault('garbage', 'garbage', `answered with block ${header.number} for block ${block}`)
  return header
}

/** @throws EndpointFault also where the endpoint has no such block */
async function certainHeader(endpoint: Endpoint, block: Tag | number): Promise<Header> {
  const header = await headerFrom(endpoint, block)
  if (!header) throw new EndpointFault('behind', 'behind', `has no block ${block}`)
  return header
}

/** The newest block that enough endpoints call final. @throws RPC_FAILED also when they do not agree on it */
export async function agreedFinalized(pool: RpcPool, agreeing: Agreeing): Promise<Header> {
  const { crossCheck, signal } = agreeing
  const given = await pool.gather(crossCheck, endpoint => certainHeader(endpoint, 'finalized'), signal)
  const number = Math.min(...given.map(({ answer }) => answer.number))
  if (given.every(({ answer }) => answer.number === number)) return same(given, `block ${number}`)
  return (await agreedBlock(pool, number, agreeing)).header
}

/**
 * A block that every endpoint has, and those that said so.
 * @throws RPC_FAILED also when they do not agree on it
 */
export async function agreedBlock(
  pool: RpcPool,
  number: number,
  { crossCheck, signal }: Agreeing,
): Promise<{ header: Header; witnesses: ReadonlySet<Endpoint> }> {
  const given = await pool.gather(crossCheck, endpoint => certainHeader(endpoint, number), signal)
  const witnesses = new Set(given.map(({ endpoint }) => endpoint))
  return { header: same(given, `block ${number}`), witnesses }
}

/**
 * The logs of the blocks `from` to `to`, if `check` throws no EndpointFault at them. They come from endpoints that showed block `to` before they were asked: one
 * that lags would leave out what it does not have yet, and say nothing of it.
 * @throws RPC_FAILED also when the endpoints do not agree on them, EndpointFault where the range is too large
 */
export async function agreedLogs(
  pool: RpcPool,
  filter: LogFilter,
  from: number,
  to: number,
  agreeing: Agreeing & { check: (logs: readonly LogRecord[]) => void },
): Promise<{ logs: LogRecord[]; upTo: Header }> {
  const { header, witnesses } = await agreedBlock(pool, to, agreeing)
  const range = { ...filter, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` }
  let timeouts = 0
  const ask = async (endpoint: Endpoint): Promise<LogRecord[]> => {
    if (!witnesses.has(endpoint)) await expectHash(endpoint, header)
    try {
      const logs = logsOf(await endpoint.request('eth_getLogs', [range]), filter, from, header)
      agreeing.check(logs)
      return logs
    } catch (cause) {
      const late = cause instanceof EndpointFault && cause.code === 'timeout'
      if (late && ++timeouts === HEAVY) throw new EndpointFault('range', 'timeout', cause.message)
      throw cause
    }
  }
  const given = await pool.gather(agreeing.crossCheck, ask, agreeing.signal)
  return { logs: same(given, `the logs of blocks ${from} to ${to}`), upTo: header }
}

async function expectHash(endpoint: Endpoint, { number, hash }: BlockRef): Promise<void> {
  const header = await certainHeader(endpoint, number)
  if (header.hash !== hash)
    throw new EndpointFault('foreign', 'fork', `shows ${header.hash} as block ${number}, others ${hash}`)
}

/** What all of them gave. @throws RPC_FAILED naming who says what */
function same<T extends Header | LogRecord[]>(given: readonly Given<T>[], what: string): T {
  const [first, ...others] = given
  const text = textOf(first!.answer)
  if (others.every(({ answer }) => textOf(answer) === text)) return first!.answer
  const cause = given.map(({ endpoint, answer }) => `${endpoint.name}: ${briefly(answer)}`).join('; ')
  throw new AttributionOracleError(
    'RPC_FAILED',
    {
      what: `RPC endpoints do not agree on ${what}`,
      got: cause,
      expected: 'the same from each',
      fix: 'find out which one is wrong and remove it',
    },
    { method: Array.isArray(first!.answer) ? 'eth_getLogs' : 'eth_getBlockByNumber', cause },
  )
}

function textOf(answer: Header | LogRecord[]): string {
  return Array.isArray(answer) ? JSON.stringify(answer) : answer.hash
}

function briefly(answer: Header | LogRecord[]): string {
  return Array.isArray(answer) ? `${answer.length} logs` : answer.hash
}
