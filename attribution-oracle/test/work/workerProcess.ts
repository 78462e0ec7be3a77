import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import type { Shard, ShardComputer } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { openLocalShards } from '../../src/scoring'
import { decodeShardResult, encodeShardResult } from '../../src/scoring/epoch/shards/shardResult'
import { runWorker } from '../../src/work'
import { type Manner, storesIn } from './workers'

// One worker as a process of its own: node --require tsx/cjs workerProcess.ts <url> <content folder> <name> <manner> <ms> <engine>

const [natsUrl, folder, name, manner, pauseMs, engine] = process.argv.slice(2) as [
  string,
  string,
  string,
  Manner,
  string,
  string,
]

const HONEST: readonly Manner[] = ['honest', 'slow', 'stuck', 'dies']

/** Shards that a worker of this manner computes; it holds those that come after them for as long as it is let. */
const MOST: Partial<Record<Manner, number>> = { flips: 4, stuck: 3 }

/** What a worker of this manner gives instead of an honest result. */
function distorted(shard: Shard, honest: Uint8Array, before: Uint8Array | undefined): Uint8Array {
  if (manner === 'another') return before ?? honest
  if (manner === 'malformed') return honest.map((byte, index) => (index < 40 ? byte ^ 0xff : byte))
  if (manner === 'oversize') return Buffer.concat([honest, honest])
  const result = decodeShardResult(shard.digest, shard.document, honest)
  if (result.kind === 'curvature') result.codes.codes.forEach((code, at, codes) => (codes[at] = -code))
  else if (result.kind === 'features') result.sums.features.forEach((value, at, all) => (all[at] = 2 * value))
  else result.losses.forEach((loss, at, losses) => (losses[at] = loss + 0.1))
  return encodeShardResult(shard.digest, result)
}

class Distorting implements ShardComputer {
  readonly ahead = 1
  #begun = 0
  #done = 0
  #before: Uint8Array | undefined

  constructor(private readonly honest: ShardComputer) {}

  async run(...[shards, options]: Parameters<ShardComputer['run']>): Promise<Uint8Array[]> {
    const [shard] = shards
    const { asked } = shard!.document
    if (manner === 'dies' && asked.kind === 'curvature' && asked.before === 0)
      process.kill(process.pid, 'SIGKILL')
    const signal = options!.signal!
    if (this.#begun++ >= (MOST[manner] ?? Infinity) && !signal.aborted) await once(signal, 'abort')
    const [result] = await this.honest.run(shards, options)
    this.#done++
    if (manner !== 'slow' || this.#done === 1) await sleep(Number(pauseMs))
    const lies = manner === 'later' ? this.#done > 3 : !HONEST.includes(manner)
    if (lies && manner === 'refuses')
      throw new AttributionOracleError('SCORING_FAILED', { what: 'no' }, { step: 'no', reason: 'no' })
    const given = lies ? distorted(shard!, result!, this.#before) : result!
    this.#before = result
    return [given]
  }

  sizeOf = (shard: Shard): number => this.honest.sizeOf(shard)
  check = (shard: Shard, result: Uint8Array): void => this.honest.check(shard, result)
  agree = (): boolean => true
  isOfContent = (error: unknown): boolean => this.honest.isOfContent(error)
  close = (): Promise<void> => this.honest.close()
}

async function babble(signal: AbortSignal): Promise<void> {
  const connection = await connect({ servers: natsUrl.replace('nats://', '') })
  // shards of whoever asks come by here as well; the answer to them is no answer
  process.stdout.write(`${JSON.stringify({ kind: 'worker', worker: name, state: 'joined' })}\n`)
  connection.subscribe('oracle.shards.*.*', {
    callback: (_, message) =>
      connection.publish(`oracle.answers.${message.subject.split('.')[3]}.${name}`, 'no answer at all'),
  })
  await new Promise(resolve => signal.addEventListener('abort', resolve))
  await connection.close()
}

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

async function main(): Promise<void> {
  if (manner === 'babbles') return babble(stop.signal)
  const local = new Distorting(openLocalShards({ workers: 1 }))
  await runWorker({
    natsUrl,
    ...storesIn(folder),
    engine,
    local,
    name,
    signal: stop.signal,
    delivery: { ackWaitMs: 1_500 },
    observe: event => process.stdout.write(`${JSON.stringify(event)}\n`),
  })
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
