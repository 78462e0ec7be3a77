import { builds } from '../builds'
import type { Verb } from './verb'

export const challengeVerbs: readonly Verb[] = [
  {
    task: 'challenge:send',
    description: 'Proves a lie about the pending root, out of a file of evidence; anyone may',
    parameters: [{ name: 'evidence', help: 'File of the proof ("open-datanets/evidence")' }],
    reaches: [
      ['fraudProofs', '*'],
      ['settlementProofs', '*'],
      ['pageDemands', '*'],
    ],
    build: async ({ system, values }) => [
      await builds().abiDocuments.readEvidence(system, values['evidence'] ?? ''),
    ],
  },
]
