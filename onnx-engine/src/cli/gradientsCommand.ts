import type { Command } from 'commander'
import { unsupportedOperators } from '../differentiate/check/unsupported'
import { reportConstants } from './reportConstants'
import { reportUnsupported } from './reportUnsupported'
import { GradientPass } from '../differentiate/gradientPass'
import { withChosenBranches } from '../differentiate/graph/branches'
import { closeAxes } from '../differentiate/recurrent/closeAxes'
import { describeProviders } from '../session/providers'
import { readModelFile } from '../files/readModelFile'
import { countOf, LOSSES, lossOf, namesOf, providersOf, readInputs, readTargets, wholeOf } from './arguments'
import { EXIT } from './exitCode'
import { progressLine, type Terminal } from './terminal'
import { writeGradients } from './writeGradients'

interface Flags {
  model: string
  inputs: string
  targets: string
  loss: string
  out: string
  ignoreIndex?: string
  output?: string
  perSample?: boolean
  names: string
  batch: string
  workers: string
  provider: string
}

const HELP = `
Shapes, for n samples:
  --inputs   x.npy [n, ...] for a model with one input, or x.npz with an array [n, ...] per input name
  --targets  cross-entropy: whole numbers [n] for logits [n,K]; [n,T] for logits [n,T,K], or [n,K,T] as PyTorch has them
             mean-squared-error, binary-cross-entropy: numbers of the output's shape
Written to --out:
  losses.npy       float64 [n], the loss of each sample (for sequences the mean over its scored positions)
  <parameter>.npy  float32, under the name and in the shape that the model file has: the gradient of the MEAN loss, over
                   samples, or over all scored positions of all samples, as torch.nn.functional.cross_entropy, mse_loss
                   and binary_cross_entropy_with_logits reduce
                   with --per-sample [n, ...shape]: of each sample's own loss, the one in losses.npy
                   PyTorch's exporter stores the weight of a Linear over sequences transposed, as onnx::MatMul_12. Where
                   its name can be told (by its bias, or by the node's path) a second file holds the gradient under
                   that name and in PyTorch's shape [out, in]; --names model leaves these out
  index.json       format, loss, and for each parameter its name, dims and file, and for those that were renamed
                   "pytorch": its name, dims, file, whether it is transposed in the model file, and how that is known

Exit codes: 0 done; 1 operators of the model are unsupported (all are named); 2 an argument or a file cannot be used,
or ONNX Runtime refused the model; 3 a fault of this program.`

export function addGradients(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('gradients')
    .description('write the gradients of a loss for every parameter of an ONNX model')
    .requiredOption('--model <file>', 'the ONNX model')
    .requiredOption('--inputs <file>', 'x.npy or x.npz')
    .requiredOption('--targets <file>', 'y.npy')
    .requiredOption('--loss <name>', LOSSES)
    .requiredOption('--out <folder>', 'made where it is missing; files in it are replaced')
    .option('--ignore-index <k>', 'targets of this class are not scored (default: -100)')
    .option('--output <name>', 'the output that the loss is computed of; else "logits", else the only one')
    .option('--per-sample', 'a gradient for each sample')
    .option(
      '--names <which>',
      "both: the model's and PyTorch's of renamed weights; model: its own only",
      'both',
    )
    .option('--batch <n>', 'samples per run', '32')
    .option('--workers <n>', 'threads', '1')
    .option('--provider <names>', 'cpu, cuda, webgpu in order of preference, with commas between', 'cpu')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => exit(await gradients(flags, terminal)))
}

async function gradients(flags: Flags, terminal: Terminal): Promise<number> {
  const loss = lossOf(flags.loss, flags.ignoreIndex)
  const workers = wholeOf('--workers', flags.workers, 1)
  const providers = providersOf(flags.provider)
  const originals = namesOf(flags.names) === 'both'
  const batch = wholeOf('--batch', flags.batch, 1)
  const read = withChosenBranches(await readModelFile(flags.model))
  const unsupported = unsupportedOperators(read)
  if (unsupported.length > 0) {
    reportUnsupported(flags.model, unsupported, false, terminal)
    return EXIT.wrong
  }
  const inputs = await readInputs(flags.inputs)
  const targets = await readTargets(flags.targets)
  const samples = { inputs, targets, count: countOf(inputs, targets, flags) }
  const forward = closeAxes(read, inputs)
  const pass = await GradientPass.open(forward, {
    loss,
    direction: 'loss',
    want: flags.perSample ? 'per-sample' : 'parameters',
    weights: 'constants',
    batch,
    session: { providers, workers: workers > 1 ? workers : 0 },
    ...(flags.output !== undefined && { output: flags.output }),
  })
  try {
    terminal.err.write(`${describeProviders(pass.providers)}\n`)
    reportConstants(forward, flags.output, terminal)
    const line = progressLine(terminal, 'samples:')
    const { parameters, meanLoss } = await writeGradients(flags.out, pass, samples, {
      loss,
      perSample: flags.perSample === true,
      originals,
      onProgress: done => line(done, samples.count),
    })
    const summary = `${samples.count} samples, mean loss ${meanLoss.toPrecision(7)}`
    terminal.out.write(`${summary}; ${parameters} gradients in ${flags.out}\n`)
    return EXIT.done
  } finally {
    await pass.close()
  }
}
