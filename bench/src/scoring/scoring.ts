import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from '../bench'
import type { Table } from '../table'
import { isMissed, type Bar } from './bar'
import { growth } from './growth'
import { storedQuery } from './storedQuery'

export const scoring: Bench = {
  name: 'scoring',
  claim: 'scoring grows linearly to 100,000 samples in <= 2 GB; a stored query costs <= 1.5x one MatMul',
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-scoring-'))
    try {
      // First: a child's peak counts what its parent held when it was forked.
      const whole = await growth(folder)
      const query = await storedQuery(folder)
      return [query.table, whole.table, barsOf([...query.bars, ...whole.bars])]
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

/** The tables are worth reading when a bar is missed, so that only the exit code says it. */
function barsOf(bars: readonly Bar[]): Table {
  if (bars.some(isMissed)) process.exitCode = 1
  const rows = bars.map(each => ({
    figure: each.name,
    value: each.value,
    'at most': each.most,
    held: isMissed(each) ? 'NO' : 'yes',
  }))
  return { title: 'Bars', rows }
}
