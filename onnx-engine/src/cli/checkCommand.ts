import type { Command } from 'commander'
import { OnnxEngineError } from '../errors'
import { checkGradients, type GradientCheck } from '../differentiate/check/checkGradients'
import { outputDims } from '../differentiate/check/outputDims'
import { randomInputs, randomTargets } from '../differentiate/check/randomSamples'
import { unsupportedOperators } from '../differentiate/check/unsupported'
import { type PassGraph, passGraph } from '../differentiate/graph/passGraph'
import { withChosenBranches } from '../differentiate/graph/branches'
import { closeAxes } from '../differentiate/recurrent/closeAxes'
import { unrollRecurrent } from '../differentiate/recurrent/unroll'
import type { Loss, Samples } from '../differentiate/options'
import { readModelFile } from '../files/readModelFile'
import { elementCount } from '../model/tensor'
import type { Model, Tensor } from '../model/types'
import { countOf, lossOf, LOSSES, readInputs, readTargets, wholeOf } from './arguments'
import { EXIT } from './exitCode'
import { progressLine, table, type Terminal } from './terminal'
import { reportConstants } from './reportConstants'
import { reportUnsupported } from './reportUnsupported'

interface Flags {
  inputs?: string
  targets?: string
  loss?: string
  ignoreIndex?: string
  output?: string
  seed: string
  entries: string
  length: string
  json?: boolean
}

const TOLERANCE = 1e-7
const TOLERANCE_32 = 1e-5
const shown = (tolerance: number): string => tolerance.toExponential()
const RANDOM_SAMPLES = 3

const HELP = `
The gradients of the summed loss are computed by the engine on the model's float64 twin and compared with central
differences of the same twin: per parameter in two random directions of all entries and at single entries. The error is
relative to the parameter's gradient, beyond what the rounding of the loss explains, and must be at most ${shown(TOLERANCE)}.
"float32" is the largest difference of the model's own float32 gradients from the twin's, relative to the parameter's
largest, or to a tenth of the model's where that is more; at most ${shown(TOLERANCE_32)}.

Without --inputs and --targets random ones are drawn from --seed.

Exit codes: 0 every gradient is right; 1 unsupported operators (all are named), or a gradient is wrong;
2 an argument or a file cannot be used, or ONNX Runtime refused the model; 3 a fault of this program.`

export function addCheck(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('check <model>')
    .description('check the gradients of an ONNX model against central differences')
    .option('--inputs <file>', 'x.npy, or x.npz with an array per input name; samples on the first axis')
    .option('--targets <file>', 'y.npy')
    .option('--loss <name>', `${LOSSES}; by the output's shape where it is left out`)
    .option('--ignore-index <k>', 'targets of this class are not scored')
    .option('--output <name>', 'the output that the loss is computed of; else "logits", else the only one')
    .option('--entries <n>', 'single entries per parameter', '3')
    .option('--length <n>', 'size of open axes of random inputs besides the samples', '5')
    .option('--seed <text>', 'of random inputs and directions', 'check')
    .option('--json', 'print the result as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (path: string, flags: Flags) => exit(await check(path, flags, terminal)))
}

async function check(path: string, flags: Flags, terminal: Terminal): Promise<number> {
  const read = withChosenBranches(await readModelFile(path))
  const unsupported = unsupportedOperators(read)
  if (unsupported.length > 0) {
    reportUnsupported(path, unsupported, flags.json === true, terminal)
    return EXIT.wrong
  }
  const given = flags.inputs === undefined ? new Map<string, Tensor>() : await readInputs(flags.inputs)
  const forward = unrollRecurrent(closeAxes(read, given, wholeOf('--length', flags.length, 1)))
  const loss = flags.loss === undefined ? guessedLoss(forward, flags) : lossOf(flags.loss, flags.ignoreIndex)
  const samples = await samplesOf(forward, loss, flags)
  const result = await checkGradients(forward, samples, {
    loss,
    seed: flags.seed,
    ...(flags.output !== undefined && { output: flags.output }),
    entries: wholeOf('--entries', flags.entries, 0),
    tolerance: TOLERANCE,
    tolerance32: TOLERANCE_32,
    onParameter: progressLine(terminal, 'parameters checked:'),
  })
  report(path, loss, samples.count, result, flags, terminal)
  reportConstants(forward, flags.output, terminal)
  return result.passes && result.parameters.length > 0 ? EXIT.done : EXIT.wrong
}

function graphOf(forward: Model, loss: Loss, { output }: Flags): PassGraph {
  const named = output === undefined ? {} : { output }
  return passGraph(forward, { ...named, loss, direction: 'loss', want: 'none', weights: 'constants' })
}

/** Cross-entropy where the last axis can be classes, or the second where the last is open. */
function guessedLoss(forward: Model, flags: Flags): Loss {
  const { dims } = graphOf(forward, { kind: 'mean-squared-error' }, flags).output
  const isOpen = dims.length > 2 && typeof dims.at(-1) === 'string'
  const classes = isOpen ? dims[1] : dims.at(-1)
  const kind =
    dims.length > 1 && typeof classes === 'number' && classes > 1 ? 'cross-entropy' : 'mean-squared-error'
  return lossOf(kind, kind === 'cross-entropy' ? flags.ignoreIndex : undefined)
}

async function samplesOf(forward: Model, loss: Loss, flags: Flags): Promise<Samples> {
  const { inputs: inputPath, targets: targetPath, seed } = flags
  const graph = graphOf(forward, loss, flags)
  const open = wholeOf('--length', flags.length, 1)
  const inputs =
    inputPath === undefined
      ? randomInputs(forward, { seed, count: RANDOM_SAMPLES, open })
      : await readInputs(inputPath)
  const targets = targetPath === undefined ? undefined : await readTargets(targetPath)
  const count = countOf(inputs, targets, flags)
  if (targets) return { inputs, count, targets }
  const kind =
    graph.classes !== undefined ? 'classes' : loss.kind === 'binary-cross-entropy' ? 'binary' : 'numbers'
  if (inputPath !== undefined && graph.targets.dims.slice(1).some(dim => typeof dim === 'string'))
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: '--targets',
      got: 'nothing',
      expected: `an NPY file of [${[count, ...graph.targets.dims.slice(1)].join(',')}], because the model leaves its size open`,
    })
  const dims = await targetDims(forward, graph, inputs)
  return { inputs, count, targets: randomTargets(kind, dims, graph.classes ?? 0, seed) }
}

async function targetDims(
  forward: Model,
  graph: PassGraph,
  inputs: ReadonlyMap<string, Tensor>,
): Promise<number[]> {
  const { dims } = graph.targets
  const count = [...inputs.values()][0]!.dims[0]!
  const each = dims.slice(1)
  if (each.every(dim => typeof dim === 'number')) return [count, ...each]
  const all = elementCount(await outputDims(forward, graph.output.name, inputs))
  return [count, all / count / (graph.classes ?? 1)]
}

function report(
  path: string,
  loss: Loss,
  count: number,
  { passes, parameters, loss: value }: GradientCheck,
  { json }: Flags,
  { out }: Terminal,
): void {
  if (json) {
    const verdict = passes && parameters.length > 0 ? 'right' : 'wrong'
    const tolerances = { tolerance: TOLERANCE, tolerance32: TOLERANCE_32 }
    out.write(
      `${JSON.stringify({ model: path, verdict, loss: loss.kind, samples: count, value, ...tolerances, parameters })}\n`,
    )
    return
  }
  const rows = parameters.map(p => [
    p.name,
    `[${p.dims.join(',')}]`,
    p.magnitude.toExponential(2),
    p.error.toExponential(1),
    p.error32.toExponential(1),
    p.passes ? 'right' : 'WRONG',
  ])
  out.write(table([['parameter', 'dims', 'largest', 'error', 'float32', ''], ...rows]))
  const wrong = parameters.filter(p => !p.passes).length
  const verdict =
    parameters.length === 0
      ? 'no parameter found that the output depends on'
      : wrong === 0
        ? 'every gradient is right'
        : `${wrong} of ${parameters.length} gradients are wrong`
  out.write(`${path}, ${loss.kind} over ${count} samples: ${verdict}\n`)
}
