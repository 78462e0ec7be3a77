import { Command, InvalidArgumentError, Option } from 'commander'
import type { Size } from '../options'

export interface SeedOptions {
  port: number
  fast: boolean
  seed: string
  /** how many epochs are opened, one after the other */
  epochs: number
  operators: number
  /** name of the deployment record */
  network: string
}

/** Enough for an operator to see everything happen; nobody looks at how good the model is. */
export const SEED_SIZE: Size = {
  files: 10,
  heldOut: 2,
  baseline: 'unigram',
  baseSteps: 60,
  adapterSteps: 20,
  completions: 8,
}
/** Fewer files are learned in more steps: below this the model tells none of them from noise, and nobody is paid. */
export const FAST_SIZE: Size = { ...SEED_SIZE, files: 5, baseSteps: 110, adapterSteps: 4, completions: 4 }

/** Reads the command line; `--help` and a bad option end the process with the reason. */
export function parseSeedOptions(argv: readonly string[]): SeedOptions {
  const program = new Command('npm run node:seeded --')
    .description(
      'A local chain with the protocol, contributions, a small model, payments and an open epoch, until Ctrl-C.',
    )
    .addOption(new Option('--port <n>', 'where the chain listens').default(8545).argParser(within(0, 65_535)))
    .option('--fast', 'as little as can be scored', false)
    .addOption(
      new Option('--epochs <n>', 'open so many epochs, each when the one before is final')
        .default(1)
        .argParser(within(1, 1000)),
    )
    .addOption(
      new Option('--operators <n>', 'members of the operator set; of 4 one may be faulty, of 10 three')
        .default(1)
        .argParser(within(1, 10)),
    )
    .addOption(new Option('--network <name>', 'folder of deployments/; emptied first').default('seeded'))
    .addOption(new Option('--seed <text>', 'the same seed gives the same contributions').default('1'))
    .showHelpAfterError()
  return program.parse([...argv], { from: 'user' }).opts<SeedOptions>()
}

const within =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^[0-9]+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`got ${text}, expected a whole number from ${least} to ${most}`)
  }
