import { parentPort, workerData } from 'node:worker_threads'
import {
  AdapterSlots,
  DirectSession,
  firstSlots,
  int64s,
  KeyValueCache,
  type Tensor,
} from '@open-datanets/onnx-engine'
import type { SlotStep } from './decoder'
import type { DecoderReply, DecoderRequest, DecoderSetup } from './decoderProtocol'

// A native run blocks its thread: slots, caches and sessions live here, and only tokens and logits travel.
const setup = workerData.setup as DecoderSetup
const cache = new KeyValueCache(setup.config, setup.slots)
const adapters = new AdapterSlots(setup.config, setup)

interface SizedSession {
  slots: number
  session: DirectSession
}

function reply(message: DecoderReply): void {
  parentPort?.postMessage(message, message.kind === 'logits' ? [message.rows.buffer as ArrayBuffer] : [])
}

function fail(error: unknown): void {
  reply({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
}

async function createSessions(): Promise<SizedSession[]> {
  const sessions: SizedSession[] = []
  for (const { slots, bytes } of setup.models) {
    sessions.push({ slots, session: await DirectSession.create({ model: bytes }) })
  }
  return sessions
}

/** Runs the smallest session that reaches the last slot in use; its idle slots read token 0 at position 0, unheard. */
async function step(sessions: readonly SizedSession[], steps: readonly SlotStep[]): Promise<void> {
  const reach = 1 + Math.max(...steps.map(({ slot }) => slot))
  const { slots, session } = sessions.find(sized => sized.slots >= reach) as SizedSession
  const tokens = new Array<number>(slots).fill(0)
  const positions = new Array<number>(slots).fill(-1)
  for (const { slot, token, position } of steps) {
    tokens[slot] = token
    positions[slot] = position
  }
  const outputs = await session.run({
    token: int64s(tokens),
    position: int64s(positions.map(position => Math.max(position, 0))),
    ...firstSlots(cache.feeds, slots),
    ...firstSlots(adapters.feeds, slots),
  })
  cache.write(outputs, positions)
  reply({ kind: 'logits', rows: wantedRows(outputs['logits'] as Tensor, steps) })
}

function wantedRows({ data, dims }: Tensor, steps: readonly SlotStep[]): Float32Array {
  const width = dims[1] as number
  const wanted = steps.filter(({ wantsLogits }) => wantsLogits)
  const rows = new Float32Array(wanted.length * width)
  for (const [index, { slot }] of wanted.entries()) {
    rows.set((data as Float32Array).subarray(slot * width, (slot + 1) * width), index * width)
  }
  return rows
}

function load({ slot, adapter }: Extract<DecoderRequest, { kind: 'load' }>): void {
  cache.clear(slot)
  if (adapter !== 'resident') adapters.load(slot, adapter ?? undefined)
}

async function close(sessions: readonly SizedSession[]): Promise<void> {
  for (const { session } of sessions) await session.close()
  parentPort?.close()
}

createSessions().then(sessions => {
  parentPort?.on('message', (request: DecoderRequest) => {
    if (request.kind === 'load') load(request)
    else if (request.kind === 'step') void step(sessions, request.steps).catch(fail)
    else void close(sessions)
  })
  reply({ kind: 'ready' })
}, fail)
