import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { decodeCodes } from '../../../src/scoring/codes/encode'
import { dualScores, problemOfCodes, queryOfCodes } from '../../../src/scoring/codes/stageB'
import { Linear } from '../../../src/scoring/linear/linear'

/** Scores pairs of encoded codes in the order given, in one arena, and answers with a digest for each. */
async function main(): Promise<void> {
  const linear = await Linear.open()
  for (const { name, train, query } of workerData.setup) {
    const problem = problemOfCodes(decodeCodes(train), 0.0003)
    const { data } = dualScores(linear, problem, queryOfCodes(decodeCodes(query)))
    parentPort!.postMessage({ name, digest: createHash('sha256').update(data).digest('hex') })
  }
}

void main()
