import type { Decomposition } from '../decompositions/decomposition'
import { decompositionsWith } from '../decompositions/table'
import type { Value } from '../value'
import type { GradientRule } from './context'

/**
 * The gradient of an operator as that of its decomposition. The decomposition is computed again for it; what of that no
 * gradient reads is taken back.
 */
export const through =
  (decomposition: Decomposition): GradientRule =>
  context => {
    const { builder, node, inputs, wanted } = context
    let found: Map<string, Value> | undefined
    const derive = (): Map<string, Value> => {
      const { dy } = context
      const from = builder.nodes.length
      const [y] = decomposition(builder, node, inputs)
      const wrt = inputs.filter((_, i) => wanted[i])
      const gradients = context.derive(y!, wrt, dy, from)
      builder.discardUnused(from, [dy, ...gradients.values()])
      return gradients
    }
    // An input that is given twice gets its whole gradient once.
    return inputs.map((input, i) =>
      input && inputs.findIndex(other => other?.name === input.name) === i
        ? () => (found ??= derive()).get(input.name)
        : undefined,
    )
  }

export const decomposedGradients: Record<string, GradientRule> = Object.fromEntries(
  Object.entries(decompositionsWith((builder, x) => builder.op('Erf', [x]))).map(
    ([operator, decomposition]) => [operator, through(decomposition)],
  ),
)
