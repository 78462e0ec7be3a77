import { ProtocolError } from '../../scripts/errors'
import { builds } from '../builds'
import type { Preparation, Verb } from './verb'

export const rewardVerbs: readonly Verb[] = [
  {
    task: 'rewards:claim-packed',
    description: 'Claims what a published epoch gives an account, with little call data',
    contract: 'rewardVault',
    method: 'claimPacked',
    parameters: [
      { name: 'claims', help: 'Path of the claims.json that the oracle published' },
      { name: 'account', help: 'Whom to pay (default: the sender)', fallback: 'sender' },
    ],
    prepare: async ({ system, values }) => {
      const { packedClaim, readVaultClaims } = builds().claims
      return [
        packedClaim(
          await readVaultClaims(system.rewardVault, values['claims'] ?? ''),
          values['account'] ?? '',
        ),
      ]
    },
  },
  {
    task: 'rewards:claim-batch',
    description:
      'Claims for many accounts of a published epoch in one transaction; skips who is already paid',
    contract: 'rewardVault',
    method: 'claimBatch',
    parameters: [
      { name: 'claims', help: 'Path of the claims.json that the oracle published' },
      {
        name: 'first',
        help: 'Index of the first account, a multiple of the power of two that covers count',
        fallback: '0',
      },
      { name: 'count', help: 'How many accounts (default: 256, or all that there are)', fallback: '256' },
    ],
    prepare: async ({ system, values }) => {
      const { batchClaim, readVaultClaims } = builds().claims
      const [first, count] = [wholeNumber('first', values), wholeNumber('count', values)]
      return batchClaim(await readVaultClaims(system.rewardVault, values['claims'] ?? ''), first, count)
    },
  },
]

function wholeNumber(name: string, values: Preparation['values']): number {
  const value = values[name] ?? ''
  if (/^\d{1,10}$/.test(value)) return Number(value)
  throw new ProtocolError('ARGUMENT_INVALID', { name, got: `"${value}"`, expected: 'a whole number' })
}
