import { isFloat } from '../../model/dtypes'
import { ints } from '../../model/attributes'
import type { Model, Node, Tensor } from '../../model/types'
import { isOpaque } from './names'
import { areSiblings, placeOf } from './siblings'

/**
 * Joins again what exporters take apart when they fold the Transpose of a Linear into its weight: a table that is also
 * the head stands in the file twice, as `wte.weight` and transposed as `onnx::MatMul_12`, and so does a layer that is
 * called twice. The copy becomes a Transpose (or the Identity) of the first, so that there is one parameter with the
 * whole gradient. Copies are told by their values, all equal bit for bit; weights of one value are left as they are, and
 * so are those of different layers of a list, which are equal only until they are trained.
 */
export function tieCopies(model: Model): Model {
  const { graph } = model
  const matrices = [...graph.initializers].filter(([, value]) => isMatrix(value))
  const originals: [string, Tensor][] = matrices.filter(([name]) => !isOpaque(name))
  const copies: Node[] = []
  for (const [name, value] of matrices) {
    if (!isOpaque(name)) continue
    const isTied = (other: string): boolean => !areSiblings(placeOf(graph, other), placeOf(graph, name))
    const straight = originals.find(([other, like]) => equal(like, value) && isTied(other))
    const turned = straight
      ? undefined
      : originals.find(([other, like]) => equalTurned(like, value) && isTied(other))
    const original = straight ?? turned
    if (original) copies.push(copyOf(original[0], name, turned !== undefined))
    else originals.push([name, value])
  }
  if (copies.length === 0) return model
  const gone = new Set(copies.map(node => node.outputs[0]))
  const initializers = new Map([...graph.initializers].filter(([name]) => !gone.has(name)))
  return { ...model, graph: { ...graph, initializers, nodes: [...copies, ...graph.nodes] } }
}

/**
 * Whether new values of both agree with how a copy was tied.
 * @param nodes of a graph that `tieCopies` made
 */
export function agreesWithTie(
  nodes: readonly Node[],
  copy: string,
  value: Tensor,
  originalOf: (name: string) => Tensor | undefined,
): boolean {
  const node = nodes.find(({ outputs }) => outputs[0] === copy)
  const original = node && originalOf(node.inputs[0]!)
  if (!original) return false
  return node.opType === 'Transpose' ? equalTurned(original, value) : equal(original, value)
}

const copyOf = (original: string, copy: string, turned: boolean): Node => ({
  opType: turned ? 'Transpose' : 'Identity',
  name: `tied.${copy}`,
  inputs: [original],
  outputs: [copy],
  attributes: turned ? { perm: ints([1, 0]) } : {},
})

const isMatrix = ({ opaque, dtype, dims, data }: Tensor): boolean =>
  !opaque &&
  isFloat(dtype) &&
  dims.length === 2 &&
  dims.every(size => size > 1) &&
  (data as Float32Array).some(value => value !== data[0])

function equal(left: Tensor, right: Tensor): boolean {
  if (left.dtype !== right.dtype || String(left.dims) !== String(right.dims)) return false
  return (left.data as Float32Array).every((value, i) => value === right.data[i])
}

function equalTurned(left: Tensor, right: Tensor): boolean {
  const [rows, columns] = left.dims as [number, number]
  if (left.dtype !== right.dtype || right.dims[0] !== columns || right.dims[1] !== rows) return false
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (left.data[row * columns + column] !== right.data[column * rows + row]) return false
  return true
}
