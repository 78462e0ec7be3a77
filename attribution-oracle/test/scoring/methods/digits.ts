import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckpointCapture, Direction, LayerCapture, SampleCapture } from '../../../src/scoring/capture'

const REPOSITORY = join(__dirname, '../../../..')
const DATA = join(process.env.OPEN_DATANETS_DATA ?? join(REPOSITORY, '../shared/data'), 'attribution')

/** Where the ground truth of attribution lies; undefined where it is absent, which in CI is a failure. */
export function groundTruth(): string | undefined {
  if (existsSync(join(DATA, 'digits_Xtr.npy'))) return DATA
  if (process.env.CI) throw new Error(`the ground truth of attribution is missing at ${DATA}`)
  console.warn(`    skipped: no ground truth of attribution at ${DATA}`)
  return undefined
}

const KINDS: Record<string, new (bytes: ArrayBuffer) => ArrayLike<number | bigint>> = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '<i4': Int32Array,
  '<i8': BigInt64Array,
  '|u1': Uint8Array,
}

/** The numbers of a little-endian .npy file, and its shape. */
export function readNpy(name: string): { shape: number[]; data: Float64Array } {
  const bytes = readFileSync(join(DATA, `${name}.npy`))
  const length = bytes.readUInt16LE(8)
  const header = bytes.subarray(10, 10 + length).toString('latin1')
  const kind = /'descr': '([^']+)'/.exec(header)![1]!
  const shape = [.../'shape': \(([^)]*)\)/.exec(header)![1]!.matchAll(/\d+/g)].map(([digits]) =>
    Number(digits),
  )
  const raw = new Uint8Array(bytes.subarray(10 + length)).buffer
  return { shape, data: Float64Array.from(new KINDS[kind]!(raw), Number) }
}

interface Layer {
  readonly weight: Float64Array
  readonly bias: Float64Array
  readonly inputs: number
  readonly outputs: number
}

/** Layers from flattened parameters, W then b of each. */
export function networkOf(parameters: Float64Array, widths: readonly number[]): Layer[] {
  let at = 0
  const take = (size: number): Float64Array => parameters.subarray(at, (at += size))
  return widths.slice(1).map((outputs, index) => {
    const inputs = widths[index]!
    return { inputs, outputs, weight: take(inputs * outputs), bias: take(outputs) }
  })
}

/** A plain ReLU network in float64: what helper code of the engine computes for any model, in thirty lines. */
export function capture(
  network: readonly Layer[],
  inputs: Float64Array,
  targets: ArrayLike<number>,
  direction: Direction,
): SampleCapture {
  const count = targets.length
  const layers = network.map(({ inputs: width, outputs }, index): LayerCapture => ({
    ...{ name: `fc${index + 1}`, inWidth: width + 1, outWidth: outputs, positions: 1 },
    ...{ inputs: new Float32Array(count * (width + 1)), gradients: new Float32Array(count * outputs) },
  }))
  const loss = new Float64Array(count)
  const probability = new Float64Array(count)
  for (let sample = 0; sample < count; sample++) {
    let a = inputs.subarray(sample * network[0]!.inputs, (sample + 1) * network[0]!.inputs)
    const seen: Float64Array[] = []
    network.forEach((layer, index) => {
      seen.push(a)
      const width = layer.inputs + 1
      layers[index]!.inputs.set(a, sample * width)
      layers[index]!.inputs[sample * width + width - 1] = 1
      const s = forward(layer, a)
      a = index < network.length - 1 ? s.map(x => Math.max(x, 0)) : s
    })
    const p = softmax(a)
    const target = targets[sample]!
    probability[sample] = p[target]!
    loss[sample] = -Math.log(Math.max(p[target]!, 1e-300))
    let d = cotangent(p, target, direction)
    for (let index = network.length - 1; index >= 0; index--) {
      layers[index]!.gradients.set(d, sample * network[index]!.outputs)
      if (index > 0) d = backward(network[index]!, d, seen[index]!)
    }
  }
  return { count, layers, loss, probability }
}

function forward({ weight, bias, inputs }: Layer, a: Float64Array): Float64Array {
  return bias.map((b, o) => {
    let sum = b
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i]! * a[i]!
    return sum
  })
}

function backward({ weight, inputs, outputs }: Layer, d: Float64Array, a: Float64Array): Float64Array {
  const back = new Float64Array(inputs)
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++) back[i]! += weight[o * inputs + i]! * d[o]!
  return back.map((x, i) => (a[i]! > 0 ? x : 0))
}

function softmax(z: Float64Array): Float64Array {
  const most = Math.max(...z)
  const e = z.map(x => Math.exp(x - most))
  const sum = e.reduce((x, y) => x + y, 0)
  return e.map(x => x / sum)
}

function cotangent(p: Float64Array, target: number, direction: Direction): Float64Array {
  const one = (k: number, at: number): number => (k === at ? 1 : 0)
  if (direction === 'loss') return p.map((x, k) => x - one(k, target))
  if (direction === 'margin') {
    const others = Math.max(
      1e-300,
      p.reduce((sum, x, k) => (k === target ? sum : sum + x), 0),
    )
    return p.map((x, k) => (k === target ? 1 : -x / others))
  }
  if (direction === 'sampled') throw new Error('the digits have exact rows')
  const root = Math.sqrt(p[direction.row]!)
  return p.map((x, k) => root * (one(k, direction.row) - x))
}

export interface Digits {
  readonly train: { readonly inputs: Float64Array; readonly targets: ArrayLike<number> }
  readonly query: { readonly inputs: Float64Array; readonly targets: ArrayLike<number> }
}

export function checkpointOf(network: readonly Layer[], { train, query }: Digits): CheckpointCapture {
  const kept = new Map<string, SampleCapture>()
  const once = (key: string, make: () => SampleCapture): Promise<SampleCapture> => {
    const made = kept.get(key) ?? make()
    kept.set(key, made)
    return Promise.resolve(made)
  }
  return {
    classes: network.at(-1)!.outputs,
    train: direction =>
      once(`train ${JSON.stringify(direction)}`, () =>
        capture(network, train.inputs, train.targets, direction),
      ),
    query: direction =>
      once(`query ${direction}`, () => capture(network, query.inputs, query.targets, direction)),
  }
}
