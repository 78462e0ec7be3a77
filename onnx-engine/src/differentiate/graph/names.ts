import type { Node } from '../../model/types'

/** Names that an exporter made up: `onnx::MatMul_12`, `/fc1/Constant_output_0`, `val_3`, `17`. */
export const isOpaque = (name: string): boolean =>
  /::|\/|^\d+$|^_|^(val|t|transpose|permute|constant|initializer|numpy_t)(_?\d+)?$/i.test(name)

/**
 * The name of a layer as PyTorch names the module: the weight's without `.weight`, else the bias's without `.bias`,
 * else the node's path (`/blocks.0/qkv/MatMul` is `blocks.0.qkv`), else the weight's as it is.
 */
export function layerName(weight: string, bias: string | undefined, node: Node): string {
  if (!isOpaque(weight)) return weight.replace(/\.weight$/, '')
  if (bias !== undefined && !isOpaque(bias)) return bias.replace(/\.bias$/, '')
  const path = node.name.split('/').filter(part => part !== '')
  return path.length > 1 ? path.slice(0, -1).join('.') : weight
}
