import type { Bench } from '../bench'
import { GroundTruth } from './arrays'
import { brittleness } from './brittleness'
import { digitsLinear, digitsNetwork } from './digits'
import { games } from './games'
import { mislabels } from './mislabels'
import { tinyLanguageModel } from './tinyLanguageModel'
import { valueOfContributors } from './value'

export const attribution: Bench = {
  name: 'attribution',
  claim:
    'scores predict retraining better than every public method on the same arrays, and cheating does not pay',
  run: async () => {
    const truth = new GroundTruth()
    const tables = []
    for (const part of [
      ...[digitsLinear, digitsNetwork, valueOfContributors, mislabels, brittleness],
      ...[tinyLanguageModel, games],
    ])
      tables.push(await part(truth))
    return tables
  },
}
