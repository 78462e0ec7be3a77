import { EpochStore } from '../../src/store'
import { postgresOrSkip, type Postgres } from '../scene/postgres'

/** A database of its own for a suite, empty at first. */
export interface TestDatabase {
  name: string
  open(this: void, context: Mocha.Context): Promise<EpochStore>
  close(this: void): Promise<void>
}

/** What the store runs on: the same suite is held against each. */
export function databases(): TestDatabase[] {
  let postgres: Postgres | undefined
  return [
    {
      name: 'PGlite',
      open: () => EpochStore.open('memory://'),
      close: () => Promise.resolve(),
    },
    {
      name: 'PostgreSQL',
      async open(context) {
        postgres = await postgresOrSkip(context)
        return EpochStore.open(postgres.url)
      },
      close: () => postgres?.stop() ?? Promise.resolve(),
    },
  ]
}

export async function faultOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error: unknown) => error,
  )
}
