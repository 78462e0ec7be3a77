import { Command, InvalidArgumentError, Option } from 'commander'
import path from 'node:path'

/** How much the demo does: files per author, training steps, paid completions. */
export interface Size {
  files: number
  heldOut: number
  /** What the base model has to beat; in the few steps of the small size it cannot learn more than a bigram knows. */
  baseline: 'unigram' | 'bigram'
  baseSteps: number
  adapterSteps: number
  completions: number
}

export const SIZES = {
  small: { files: 14, heldOut: 3, baseline: 'unigram', baseSteps: 180, adapterSteps: 50, completions: 12 },
  medium: { files: 40, heldOut: 6, baseline: 'bigram', baseSteps: 300, adapterSteps: 100, completions: 32 },
  large: { files: 120, heldOut: 10, baseline: 'bigram', baseSteps: 800, adapterSteps: 160, completions: 64 },
} as const satisfies Record<string, Size>

export interface Options {
  seed: string
  size: keyof typeof SIZES
  out: string
  json: boolean
  keepRunning: boolean
  workers: number
}

/** Reads the command line; `--help` and a bad option end the process with the reason. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('npm run demo --')
    .description(
      'From contributions to claims on an embedded chain: everything real, every figure computed in this run.',
    )
    .addOption(
      new Option('--seed <text>', 'the same seed on the same machine gives the same root').default('1'),
    )
    .addOption(
      new Option('--size <name>', 'files per author, training steps and paid completions')
        .choices(Object.keys(SIZES))
        .default('medium'),
    )
    .addOption(
      new Option('--workers <n>', 'threads for measuring and scoring; they change no figure')
        .default(2)
        .argParser(whole),
    )
    .addOption(
      new Option(
        '--out <folder>',
        'where report.html, report.json and all content go; emptied first',
      ).default(path.join(__dirname, '../out'), 'demo/out'),
    )
    .option('--json', 'print the report as JSON on stdout; the story goes to stderr', false)
    .option('--keep-running', 'leave the chain up until Ctrl-C, to try the tasks on it', false)
    .showHelpAfterError()
  const options = program.parse([...argv], { from: 'user' }).opts<Options>()
  return { ...options, out: path.resolve(options.out) }
}

function whole(text: string): number {
  if (/^[1-9][0-9]?$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`got ${text}, expected a whole number from 1 to 99`)
}
