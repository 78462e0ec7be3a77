import { Command, CommanderError } from 'commander'
import { addCheckCommand } from './cli/checkCommand'
import { addConfigCommands } from './cli/configCommands'
import { addEpochCommands } from './cli/epochCommands'
import { addInitCommand } from './cli/initCommand'
import { addReadingCommands } from './cli/readingCommands'
import { addScoreCommand } from './cli/scoreCommand'
import { EXIT } from './exitCode'

const program = new Command('attribution-oracle')
  .description('Screens, scores and settles contributions, posts the ledger root, verifies everyone else.')
  .exitOverride()

addInitCommand(program)
addCheckCommand(program)
addEpochCommands(program)
addReadingCommands(program)
addScoreCommand(program)
addConfigCommands(program)

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.caller
})
