import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Figure } from './figure'

const FILE = path.join(__dirname, '../../gas.snapshot.json')

/** Figures by hardfork and name. */
type Snapshot = Record<string, Record<string, number>>

/** Where a figure and the snapshot are apart; a figure that one of them does not have is null there. */
export interface Change {
  readonly hardfork: string
  readonly name: string
  readonly recorded: number | null
  readonly measured: number | null
}

/** Every figure that is not exactly the recorded one: gas does not depend on the machine. */
export async function compareSnapshot(measured: ReadonlyMap<string, readonly Figure[]>): Promise<Change[]> {
  const recorded = JSON.parse(await readFile(FILE, 'utf8')) as Snapshot
  return [...measured].flatMap(([hardfork, figures]) => {
    const known = recorded[hardfork] ?? {}
    const now = Object.fromEntries(figures.map(({ name, value }) => [name, value]))
    const names = new Set([...Object.keys(known), ...Object.keys(now)])
    return [...names]
      .filter(name => known[name] !== now[name])
      .map(name => ({ hardfork, name, recorded: known[name] ?? null, measured: now[name] ?? null }))
  })
}

/** Records the figures. @returns the file's path */
export async function writeSnapshot(measured: ReadonlyMap<string, readonly Figure[]>): Promise<string> {
  const snapshot: Snapshot = Object.fromEntries(
    [...measured].map(([hardfork, figures]) => [
      hardfork,
      Object.fromEntries(figures.map(({ name, value }) => [name, value])),
    ]),
  )
  await writeFile(FILE, `${JSON.stringify(snapshot, null, 2)}\n`)
  return FILE
}
