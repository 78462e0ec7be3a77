import { OnnxEngineError } from '../../errors'
import type { GraphBuilder } from '../../graph/builder'
import { formatDims } from '../../graph/dims'
import type { Value } from '../../graph/value'
import { isFloat } from '../../model/dtypes'
import type { Dim, Model } from '../../model/types'

export interface Ends {
  /** The output that is differentiated, samples on its first axis. */
  readonly output: Value
  readonly batch: Dim
}

/**
 * What goes into a model and which of its outputs a loss is computed of.
 * @throws OnnxEngineError UNSUPPORTED_MODEL where the first axis of all ends is not the sample
 */
export function endsOf(forward: Model, builder: GraphBuilder, wanted?: string): Ends {
  const { graph } = forward
  const [first] = graph.inputs
  const batch = first?.dims[0]
  const unsupported = (what: string, got: string, expected: string): OnnxEngineError =>
    new OnnxEngineError('UNSUPPORTED_MODEL', { what: `${what} of graph "${graph.name}"`, got, expected })
  const odd = graph.inputs.find(input => input.dims[0] !== batch)
  if (batch === undefined || odd)
    throw unsupported(
      'inputs',
      graph.inputs.map(info => `${info.name} ${formatDims(info.dims)}`).join(', ') || 'none',
      'inputs that all begin with the same axis, the sample',
    )
  const name = outputName(forward, wanted)
  const output = builder.value(name)
  const [lead] = output.dims
  if (lead === batch || (typeof lead === 'string' && lead.startsWith('?'))) return { output, batch }
  if (batch === 1 && !(output.dims.length > 0 && lead === 1))
    return { output: builder.unsqueeze(output, [0]), batch }
  throw unsupported(
    `output "${name}"`,
    formatDims(output.dims),
    `a first axis ${batch}, the samples, as the input "${first!.name}" ${formatDims(first!.dims)} has it`,
  )
}

function outputName({ graph }: Model, wanted: string | undefined): string {
  const floats = graph.outputs.filter(info => isFloat(info.dtype)).map(info => info.name)
  const name = wanted ?? (floats.includes('logits') ? 'logits' : floats.length === 1 ? floats[0] : undefined)
  if (name !== undefined && floats.includes(name)) return name
  const found = floats.join(', ') || 'no output of floats'
  if (wanted !== undefined)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `output of graph "${graph.name}"`,
      got: `"${wanted}"`,
      expected: `one of its outputs of floats: ${found}`,
    })
  throw new OnnxEngineError('UNSUPPORTED_MODEL', {
    what: `outputs of graph "${graph.name}"`,
    got: found,
    expected: 'one output of floats, one called "logits", or the name of one, given as "output"',
  })
}
