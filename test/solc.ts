/* eslint-disable @typescript-eslint/no-require-imports */

/** What the compiler asks: for a source that it was not given, and for an answer to a query of its model checker. */
export interface Callbacks {
  import?: (file: string) => { contents: string }
  smtSolver?: (query: string) => { contents: string }
}

interface Solc {
  compile: (input: string, callbacks?: Callbacks) => string
}

/**
 * The compiler of the project as npm ships it, which has no types: standard JSON in, standard JSON out. Loaded when it is
 * asked, because it changes how the process treats rejections that nobody has awaited yet.
 */
export const solc: Solc = {
  compile: (input, callbacks) => (require('solc') as Solc).compile(input, callbacks),
}
