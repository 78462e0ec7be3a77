import { intOf, textOf } from '../nodeAttributes'
import type { GraphBuilder } from '../builder'
import type { Value } from '../value'
import type { Decomposition } from './decomposition'

const sizeAt = (builder: GraphBuilder, x: Value, axis: number): Value =>
  builder.slice(builder.shape(x), axis, axis + 1, 0)

/** [B,C·b²,H,W] to [B,C,H·b,W·b]: PixelShuffle of PyTorch is the mode CRD. */
const depthToSpace: Decomposition = (builder, node, [x]) => {
  const block = intOf(node, 'blocksize') ?? 1
  const channels = Number(x!.dims[1]) / block ** 2
  const isColumnFirst = textOf(node, 'mode') === 'CRD'
  const depth = isColumnFirst ? [channels, block, block] : [block, block, channels]
  const [batch, height, width] = [0, 2, 3].map(axis => sizeAt(builder, x!, axis)) as [Value, Value, Value]
  const each = builder.shapeConstant([block])
  const parted = builder.reshape(x!, builder.concat([batch, builder.shapeConstant(depth), height, width], 0))
  const turned = builder.transpose(parted, isColumnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
  const sizes = [
    batch,
    builder.shapeConstant([channels]),
    builder.mul(height, each),
    builder.mul(width, each),
  ]
  return [builder.reshape(turned, builder.concat(sizes, 0))]
}

/** [B,C,H·b,W·b] to [B,b²·C,H,W]. */
const spaceToDepth: Decomposition = (builder, node, [x]) => {
  const block = intOf(node, 'blocksize') ?? 1
  const channels = Number(x!.dims[1])
  const each = builder.shapeConstant([block])
  const batch = sizeAt(builder, x!, 0)
  const [height, width] = [2, 3].map(axis => builder.div(sizeAt(builder, x!, axis), each)) as [Value, Value]
  const parts = [batch, builder.shapeConstant([channels]), height, each, width, each]
  const turned = builder.transpose(builder.reshape(x!, builder.concat(parts, 0)), [0, 3, 5, 1, 2, 4])
  const depth = builder.shapeConstant([channels * block ** 2])
  return [builder.reshape(turned, builder.concat([batch, depth, height, width], 0))]
}

export const blockDecompositions: Readonly<Record<string, Decomposition>> = {
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
}
