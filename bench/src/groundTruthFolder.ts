import { existsSync } from 'node:fs'
import path from 'node:path'
import { BenchError } from './errors'

const BESIDE_THE_PROJECT = path.join(__dirname, '../../../shared/data')

/** The folder of real data and ground truth, which is no part of the project. */
export function groundTruthFolder(name: string): string {
  const folder = path.join(process.env['OPEN_DATANETS_DATA'] ?? BESIDE_THE_PROJECT, name)
  if (!existsSync(folder)) throw new BenchError('NO_GROUND_TRUTH', { folder })
  return folder
}
