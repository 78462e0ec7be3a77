import type { BlockRef, Digest, LogRecord } from '../domain'
import { EndpointFault } from './endpointFault'

/** What is read of a block. */
export interface Header extends BlockRef {
  parentHash: Digest
  /** unix seconds */
  timestamp: number
}

/** What eth_getLogs is asked for. */
export interface LogFilter {
  address: readonly string[]
  topics: readonly (readonly string[])[]
}

const WORD = /^0x[0-9a-f]{64}$/i
const ADDRESS = /^0x[0-9a-f]{40}$/i
const BYTES = /^0x[0-9a-f]*$/i
const QUANTITY = /^0x[0-9a-f]{1,13}$/i
const MOST_TOPICS = 4

/** @returns undefined where the endpoint has no such block @throws EndpointFault for anything but a block */
export function headerOf(answer: unknown): Header | undefined {
  if (answer === null) return undefined
  const { number, hash, parentHash, timestamp } = fieldsOf(answer)
  return {
    number: quantity(number),
    hash: word(hash),
    parentHash: word(parentHash),
    timestamp: quantity(timestamp),
  }
}

/**
 * Logs in the order of the chain, each once and every one of them what was asked for.
 * @throws EndpointFault for anything else
 */
export function logsOf(answer: unknown, filter: LogFilter, from: number, to: BlockRef): LogRecord[] {
  if (!Array.isArray(answer)) throw garbage('logs that are no list')
  const addresses = new Set(filter.address.map(address => address.toLowerCase()))
  const topics = filter.topics.map(place => new Set(place.map(topic => topic.toLowerCase())))
  const logs = answer.map(recordOf)
  for (const log of logs) {
    const { blockNumber, blockHash, address } = log
    if (blockNumber < from || blockNumber > to.number) throw garbage(`a log of block ${blockNumber}`)
    if (blockNumber === to.number && blockHash !== to.hash)
      throw new EndpointFault('behind', 'behind', `shows another block ${blockNumber} to eth_getLogs`)
    if (!addresses.has(address)) throw garbage('a log of a contract that was not asked for')
    if (!topics.every((place, i) => place.has(log.topics[i] ?? '')))
      throw garbage('a log of an event that was not asked for')
  }
  return inOrder(logs)
}

function inOrder(logs: LogRecord[]): LogRecord[] {
  const compare = (a: LogRecord, b: LogRecord): number =>
    a.blockNumber - b.blockNumber || a.logIndex - b.logIndex
  logs.sort(compare)
  for (let i = 1; i < logs.length; i++) {
    if (compare(logs[i - 1]!, logs[i]!) === 0)
      throw garbage(`two logs at one place of block ${logs[i]!.blockNumber}`)
    if (logs[i - 1]!.blockNumber === logs[i]!.blockNumber && logs[i - 1]!.blockHash !== logs[i]!.blockHash)
      throw garbage(`logs of two blocks ${logs[i]!.blockNumber}`)
  }
  return logs
}

function recordOf(answer: unknown): LogRecord {
  const { blockNumber, logIndex, address, topics, data, blockHash, transactionHash, removed } =
    fieldsOf(answer)
  if (removed === true) throw garbage('a log that was removed')
  if (typeof address !== 'string' || !ADDRESS.test(address)) throw garbage('a log without an address')
  if (!Array.isArray(topics) || topics.length > MOST_TOPICS) throw garbage('a log without topics')
  if (typeof data !== 'string' || data.length % 2 !== 0 || !BYTES.test(data))
    throw garbage('a log without data')
  return {
    blockNumber: quantity(blockNumber),
    logIndex: quantity(logIndex),
    address: address.toLowerCase(),
    topics: topics.map(word),
    data: data.toLowerCase(),
    blockHash: word(blockHash),
    transactionHash: word(transactionHash),
  }
}

function fieldsOf(answer: unknown): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null) throw garbage('no object')
  return answer as Record<string, unknown>
}

function quantity(value: unknown): number {
  if (typeof value !== 'string' || !QUANTITY.test(value)) throw garbage('a number that is none')
  return Number(value)
}

function word(value: unknown): Digest {
  if (typeof value !== 'string' || !WORD.test(value)) throw garbage('a hash that is none')
  return value.toLowerCase() as Digest
}

function garbage(what: string): EndpointFault {
  return new EndpointFault('garbage', 'garbage', `answered with ${what}`)
}
