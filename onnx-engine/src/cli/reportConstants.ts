import { initializersOf } from '../differentiate/graph/prepared'
import { withOneBatch } from '../differentiate/graph/oneBatch'
import { separateParameters } from '../differentiate/graph/separate'
import { unrollRecurrent } from '../differentiate/recurrent/unroll'
import type { Model } from '../model/types'
import type { Terminal } from './terminal'

const SHOWN = 8

/** Names what gets no gradient, in case that an exporter folded a parameter into it. */
export function reportConstants(model: Model, output: string | undefined, { err }: Terminal): void {
  const forward = unrollRecurrent(withOneBatch(separateParameters(model)))
  const { constants } = initializersOf(forward, output)
  if (constants.length === 0) return
  const more = constants.length > SHOWN ? ` and ${constants.length - SHOWN} more` : ''
  const names = constants
    .slice(0, SHOWN)
    .map(name => `${name} [${forward.graph.initializers.get(name)!.dims.join(',')}]`)
  err.write(
    `taken for constants: ${names.join(', ')}${more}; if one comes of a parameter, export with do_constant_folding=False\n`,
  )
}
