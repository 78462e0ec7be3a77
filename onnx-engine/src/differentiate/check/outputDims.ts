import { withKernels } from '../../graph/float64/withKernels'
import { encodeModel } from '../../model/encode'
import type { Model, Tensor } from '../../model/types'
import { DirectSession } from '../../session/directSession'

/** The sizes that an output has for some inputs, where a model leaves them open. Rejects with SESSION_FAILED. */
export async function outputDims(
  forward: Model,
  output: string,
  inputs: ReadonlyMap<string, Tensor>,
): Promise<readonly number[]> {
  const model = encodeModel(withKernels(forward))
  const session = await DirectSession.create({ model, optimization: 'basic' })
  try {
    return (await session.run(Object.fromEntries(inputs), [output]))[output]!.dims
  } finally {
    await session.close()
  }
}
