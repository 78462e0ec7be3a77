import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { groundTruthFolder } from '../groundTruthFolder'

/** One question-answer pair of MedQuAD (Ben Abacha and Demner-Fushman 2019, CC BY 4.0). */
export interface MedquadPair {
  readonly id: string
  /** The institute that wrote it. */
  readonly source: string
  readonly document: string
  readonly question: string
  readonly answer: string
}

/** All pairs in the order of the file. Throws NO_GROUND_TRUTH. */
export function readMedquad(): MedquadPair[] {
  const file = path.join(groundTruthFolder('medquad'), 'medquad.jsonl.gz')
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as MedquadPair)
}
