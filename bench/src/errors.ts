import { formatTable, type Table } from './table'
import type { Figure } from './gas/figure'
import type { Change } from './gas/snapshot'

interface BenchErrorData {
  /** Gas changed: the diff is either a fault or has to be committed. */
  SNAPSHOT_DIFFERS: { changes: readonly Change[] }
  /** The finder of lies has changed, or the lie. */
  FOUND_OTHERWISE: { kind: string; got: string }
  NO_GROUND_TRUTH: { folder: string }
  /** A process of the bench ended before it had said anything. */
  CHILD_ENDED: { program: string; code: number | null; said?: string }
  /** Tasks on which a tuned peer does better than what the audit chose; the tables say by what. */
  NOT_AHEAD: { tables: readonly Table[]; behind: readonly string[] }
  BAR_MISSED: { missed: readonly (Figure & { hardfork: string })[] }
}

export type BenchErrorCode = keyof BenchErrorData

const REPORTS: { [C in BenchErrorCode]: (data: BenchErrorData[C]) => string } = {
  SNAPSHOT_DIFFERS: ({ changes }) =>
    [
      `${changes.length} figures are not those of bench/gas.snapshot.json; --update records them:`,
      ...changes.map(
        ({ hardfork, name, recorded, measured }) =>
          `  ${hardfork}: ${name}: recorded ${recorded ?? 'nothing'}, measured ${measured ?? 'nothing'}`,
      ),
    ].join('\n'),
  FOUND_OTHERWISE: ({ kind, got }) => `a lie that "${kind}" proves was found as "${got}"`,
  NO_GROUND_TRUTH: ({ folder }) =>
    `no ground truth at ${folder}: put the data there, or name its folder in OPEN_DATANETS_DATA`,
  CHILD_ENDED: ({ program, code, said = '' }) =>
    `${program} ended with code ${code} before it said what it measured\n${said}`.trim(),
  NOT_AHEAD: ({ tables, behind }) =>
    [...tables.map(formatTable), `a tuned peer is ahead on ${behind.length} tasks:`, ...behind].join('\n'),
  BAR_MISSED: ({ missed }) =>
    [
      `${missed.length} figures miss their bar:`,
      ...missed.map(({ hardfork, name, value, bar }) => `  ${hardfork}: ${name}: ${value}, at most ${bar}`),
    ].join('\n'),
}

export class BenchError<C extends BenchErrorCode = BenchErrorCode> extends Error {
  override readonly name = 'BenchError'
  constructor(
    readonly code: C,
    readonly data: BenchErrorData[C],
  ) {
    super(REPORTS[code](data))
  }
}
