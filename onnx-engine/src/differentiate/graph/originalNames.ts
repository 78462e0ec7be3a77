import type { GraphBuilder } from '../../graph/builder'
import type { LayerPlace } from './layers'
import { isOpaque } from './names'
import type { PassParameter } from './prepared'

/** What PyTorch called a parameter that its exporter stored under another name, transposed or with further axes. */
export interface OriginalName {
  readonly name: string
  readonly dims: readonly number[]
  /** The matrix in the file is the transpose of PyTorch's. */
  readonly transposed: boolean
  /** How the name is known: from that of the layer's bias, or from the path of the node, which is the module's usually. */
  readonly by: 'bias' | 'path'
}

/**
 * The names of weights of Linear layers whose transpose was folded (`onnx::MatMul_12`) and of folded scales and shifts
 * of GroupNorm. Absent where it cannot be told, where two would have one name, and for convolutions, whose folded
 * weights are those of the normalisation after them, too.
 */
export function originalNames(
  builder: GraphBuilder,
  parameters: readonly PassParameter[],
  places: readonly LayerPlace[],
): ReadonlyMap<string, OriginalName> {
  const found = parameters.flatMap(({ name, dims }): [string, OriginalName][] => {
    if (!isOpaque(name)) return []
    const original = ofLinear(builder, name, dims, places) ?? ofChannels(builder, name, dims)
    return original ? [[name, original]] : []
  })
  const taken = new Map<string, number>([...builder.initializers.keys()].map(name => [name, 1]))
  for (const [, original] of found) taken.set(claimed(original), (taken.get(claimed(original)) ?? 0) + 1)
  return new Map(found.filter(([, original]) => taken.get(claimed(original)) === 1))
}

/** Modules of one name in different places, `/qkv` and `/qkv_1`, have lost where they were. */
const claimed = ({ name, by }: OriginalName): string =>
  by === 'path' ? name.replace(/_\d+(?=\.[^.]+$)/, '') : name

function ofLinear(
  builder: GraphBuilder,
  weight: string,
  dims: readonly number[],
  places: readonly LayerPlace[],
): OriginalName | undefined {
  const place = places.find(candidate => candidate.kind === 'linear' && candidate.weight === weight)
  if (!place) return undefined
  const { transposed, biasWeight } = place
  const sizes = transposed ? [...dims].reverse() : dims
  if (biasWeight !== undefined && /[._]bias$/.test(biasWeight) && !isOpaque(biasWeight))
    return { name: biasWeight.replace(/bias$/, 'weight'), dims: sizes, transposed, by: 'bias' }
  const module = modulePath(builder, place.y)
  return module === undefined ? undefined : { name: `${module}.weight`, dims: sizes, transposed, by: 'path' }
}

function ofChannels(builder: GraphBuilder, name: string, dims: readonly number[]): OriginalName | undefined {
  const channels = dims.filter(size => size > 1)
  const node = builder.nodes.find(({ inputs }) => inputs.includes(name))
  const role = ({ Mul: 'weight', Add: 'bias' } as Record<string, string>)[node?.opType ?? '']
  if (!node || role === undefined || dims.length < 2 || channels.length !== 1 || dims[0] !== channels[0])
    return undefined
  const module = modulePath(builder, node.outputs[0]!)
  return module === undefined
    ? undefined
    : { name: `${module}.${role}`, dims: channels, transposed: false, by: 'path' }
}

/** `/blocks.0/qkv/MatMul` is `blocks.0.qkv`; children of an nn.Sequential repeat it: `/net/net.0/MatMul` is `net.0`. */
function modulePath(builder: GraphBuilder, output: string): string | undefined {
  const node = builder.producer(builder.value(output))
  const parts = (node?.name ?? '').split('/').filter(part => part !== '')
  const modules = parts.slice(0, -1)
  const own = modules.filter((part, i) => !modules[i + 1]?.startsWith(`${part}.`))
  return own.length > 0 ? own.join('.') : undefined
}
