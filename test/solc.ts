/* eslint-disable @typescript-eslint/no-require-imports */

/** What the compiler asks when its model checker has a query for an SMT solver. */
export interface Callbacks {
  smtSolver: (query: string) => { contents: string }
}

/** The compiler of the project as npm ships it, which has no types: standard JSON in, standard JSON out. */
export const solc = require('solc') as { compile: (input: string, callbacks?: Callbacks) => string }
