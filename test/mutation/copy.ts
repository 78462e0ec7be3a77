import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const BUILT = ['artifacts', 'typechain-types']
const COPIED = [
  ...BUILT,
  'attribution-oracle',
  'bench',
  'contracts',
  'deployments',
  'hardhat.config.ts',
  'package.json',
  'scripts',
  'tasks',
  'test',
  'tsconfig.json',
]

/** Makes a copy of the project in which a contract's code can be exchanged. */
export function copyOf(root: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mutation-'))
  for (const name of COPIED) copy(root, folder, name)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Puts back what was built, whatever a process that ended left in its place. */
export function restoreBuild(root: string, folder: string): void {
  for (const name of BUILT) copy(root, folder, name)
}

/** Takes a copy away. */
export function remove(folder: string): void {
  if (basename(folder).startsWith('mutation-')) rmSync(folder, { recursive: true, force: true })
}

function copy(root: string, folder: string, name: string): void {
  cpSync(join(root, name), join(folder, name), {
    recursive: true,
    // without what the network explains a failure with, which takes seconds to read
    filter: path => basename(path) !== 'build-info' && basename(path) !== 'node_modules',
  })
}
