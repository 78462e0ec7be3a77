import {
  AdapterSlots,
  counterBytes,
  decodeStepModel,
  DirectSession,
  encodeModel,
  GraphBuilder,
  int64s,
  initialWeights,
  KeyValueCache,
  LINEARS,
  loraLayout,
  mergeLora,
  parameterCount,
  unpackLora,
  type Linear,
  type LoraAdapter,
  type Tensor,
} from '@open-datanets/onnx-engine'
import type { Bench } from './bench'
import { CONTEXT, languageModel, VOCABULARY } from './languageModel'
import { pairedRatio, percent, spreadOf, takeTurns, timed } from './measure'
import type { Row, Table } from './table'

const WIDTH = 128
const RANK = 8
const ROUNDS = 31
const RELOADS = 7
const READ_FLOATS = 2 ** 24
const config = languageModel(WIDTH)
const weights = initialWeights(config, 'bench')
const QV: readonly Linear[] = ['query', 'value']

export const decode: Bench = {
  name: 'decode',
  claim: 'one batch of distinct adapters decodes at >= 60 % of base-only (all linears), >= 85 % (q, v)',
  run: async () => {
    const bytesPerMs = await readBandwidth()
    const reload = spreadOf(await mergeAndReload()).median
    return [
      await slotsTable(32, bytesPerMs, reload, { all: '', qv: '' }),
      await slotsTable(256, bytesPerMs, reload, {
        all: '>= 60 %; roofline >= 90 %',
        qv: '>= 85 %; roofline >= 90 %',
      }),
    ]
  },
}

async function slotsTable(
  slots: number,
  bytesPerMs: number,
  reloadMs: number,
  bars: { all: string; qv: string },
): Promise<Table> {
  const [base, all, qv] = await Promise.all([decoder(slots, []), decoder(slots, LINEARS), decoder(slots, QV)])
  const turns = await takeTurns(ROUNDS, { base: base.step, all: all.step, qv: qv.step })
  for (const { session } of [base, all, qv]) await session.close()
  const baseMs = spreadOf(turns.base).median
  const row = (name: string, times: number[], bytes: number, bar: string): Row => {
    const { median } = spreadOf(times)
    const tokensPerMs = slots / median
    return {
      decoder: name,
      'step ms': median,
      'tokens/s': 1000 * tokensPerMs,
      'of base-only (min-max)': percent(pairedRatio(turns.base, times)),
      'of the roofline': `${((100 * (baseMs + bytes / bytesPerMs)) / median).toFixed(0)} %`,
      'of merge and reload': `${(tokensPerMs * reloadMs).toFixed(0)}x`,
      bar,
    }
  }
  return {
    title: `Decode step, ${slots} slots, width ${WIDTH}, ${CONTEXT} tokens of cache, one thread`,
    rows: [
      { decoder: 'base only', 'step ms': baseMs, 'tokens/s': (1000 * slots) / baseMs },
      row(`${slots} adapters r=${RANK}, all linears`, turns.all, slots * adapterBytes(LINEARS), bars.all),
      row(`${slots} adapters r=${RANK}, q and v`, turns.qv, slots * adapterBytes(QV), bars.qv),
    ],
    notes: [
      `Median of ${ROUNDS} alternated rounds. Roofline: base-only time + adapter bytes / ${(bytesPerMs / 1e6).toFixed(1)} GB/s read`,
      `bandwidth (a ReduceSum over 64 MiB). Merge and reload of one adapter for one token: ${reloadMs.toFixed(1)} ms; bar >= 300x.`,
    ],
  }
}

interface Decoder {
  readonly session: DirectSession
  /** One token for every slot, its keys and values written back into the cache. */
  readonly step: () => Promise<void>
}

async function decoder(slots: number, targets: readonly Linear[]): Promise<Decoder> {
  const model = decodeStepModel(config, weights, { slots, rank: RANK, targets })
  const session = await DirectSession.create({ model: encodeModel(model) })
  const cache = new KeyValueCache(config, slots)
  const adapters = new AdapterSlots(config, { slots, rank: RANK, targets })
  for (let slot = 0; slot < slots; slot++) adapters.load(slot, randomAdapter(slot, targets))
  const stream = counterBytes('bench', 'decode')
  const positions = Array.from({ length: slots }, () => CONTEXT - 1)
  const feeds = {
    ...adapters.feeds,
    ...cache.feeds,
    token: int64s(Array.from({ length: slots }, () => stream.below(VOCABULARY))),
    position: int64s(positions),
  }
  return { session, step: async () => cache.write(await session.run(feeds), positions) }
}

/** What serving without slots costs: merge an adapter into the base, build a session, decode one token. */
async function mergeAndReload(): Promise<number[]> {
  const adapters = Array.from({ length: RELOADS }, (_, i) => randomAdapter(i, LINEARS))
  const times: number[] = []
  for (const adapter of adapters) {
    const cache = new KeyValueCache(config, 1)
    const feeds = { ...cache.feeds, token: int64s([1]), position: int64s([CONTEXT - 1]) }
    times.push(
      await timed(async () => {
        const merged = mergeLora(config, weights, adapter)
        const model = decodeStepModel(config, merged, { slots: 1, rank: RANK, targets: [] })
        const session = await DirectSession.create({ model: encodeModel(model) })
        await session.run(feeds)
        await session.close()
      }),
    )
  }
  return times
}

/** Bytes per millisecond of a long sum, one thread. */
async function readBandwidth(): Promise<number> {
  const builder = new GraphBuilder('read')
  builder.output(builder.reduceSum(builder.input('x', 'float32', [READ_FLOATS]), [0], false), 'sum')
  const session = await DirectSession.create({ model: encodeModel(builder.model()) })
  const feeds = {
    x: { dtype: 'float32', dims: [READ_FLOATS], data: new Float32Array(READ_FLOATS).fill(1) } as Tensor,
  }
  const { read } = await takeTurns(ROUNDS, { read: () => session.run(feeds) })
  await session.close()
  return (4 * READ_FLOATS) / spreadOf(read).median
}

function randomAdapter(index: number, targets: readonly Linear[]): LoraAdapter {
  const stream = counterBytes('bench', 'adapter', index)
  const size = parameterCount(loraLayout(config, { rank: RANK, targets }))
  const packed = Float32Array.from({ length: size }, () => stream.uint32() / 2 ** 36 - 1 / 2 ** 5)
  return unpackLora(config, { rank: RANK, alpha: 2 * RANK, targets }, packed)
}

function adapterBytes(targets: readonly Linear[]): number {
  return 4 * parameterCount(loraLayout(config, { rank: RANK, targets }))
}
