import { Command, CommanderError } from 'commander'
import { addCheckCommand } from './cli/checkCommand'
import { addConfigCommands } from './cli/configCommands'
import { addEpochCommands } from './cli/epochCommands'
import { addInitCommand } from './cli/initCommand'
import { addKeysCommands } from './cli/keysCommands'
import { surviveLostStreams } from './cli/lostStreams'
import { addReadingCommands } from './cli/readingCommands'
import { addRunCommands } from './cli/runCommands'
import { addScoreCommand } from './cli/scoreCommand'
import { addStoreCommands } from './cli/storeCommands'
import { addWorkerCommand } from './cli/workerCommand'
import { EXIT } from './exitCode'

surviveLostStreams()

const program = new Command('attribution-oracle')
  .description('Screens, scores and settles contributions, posts the ledger root, verifies everyone else.')
  .exitOverride()

addInitCommand(program)
addCheckCommand(program)
addRunCommands(program)
addWorkerCommand(program)
addEpochCommands(program)
addReadingCommands(program)
addStoreCommands(program)
addKeysCommands(program)
addConfigCommands(program)
addScoreCommand(program)

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.caller
})
