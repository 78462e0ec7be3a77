import { readFileSync } from 'node:fs'
import type { Row } from '../table'
import type { GroundTruth } from './arrays'
import { rounded } from './bar'

/** The best configuration of each public method on a set of arrays, as measured with its authors' own code. */
export function recordedPeers(truth: GroundTruth, bench: string): Row[] {
  const [header, ...lines] = readFileSync(truth.file('RESULTS.csv'), 'utf8').trim().split(/\r?\n/)
  const names = header!.split(',')
  const rows = lines
    .map(line => Object.fromEntries(cells(line).map((cell, i) => [names[i], cell])))
    .filter(row => row['bench'] === bench && row['impl']!.startsWith('dattri') && row['lds'] !== '')
  const best = new Map<string, Record<string, string>>()
  for (const row of rows) {
    const known = best.get(row['method']!)
    if (!known || Number(row['lds']) > Number(known['lds'])) best.set(row['method']!, row)
  }
  return [...best.values()]
    .sort((a, b) => Number(a['lds']) - Number(b['lds']))
    .map(row => ({
      method: row['method']!,
      by: row['impl']!,
      LDS: rounded(Number(row['lds'])),
      'contributor LDS': rounded(Number(row['glds'])),
      'leave one out': rounded(Number(row['loco'])),
      s: Number(row['cpu_s']),
    }))
}

/** One line of comma-separated values with quotes. */
function cells(line: string): string[] {
  return [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map(([, plain, quoted]) => quoted ?? plain!)
}
