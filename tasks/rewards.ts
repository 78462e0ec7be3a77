import { formatEther } from 'ethers'
import { task, types } from 'hardhat/config'

import { claimRewards } from '../scripts/claimRewards'
import { action } from './action'
import { builds } from './builds'
import { systemOfTask } from './connection'
import { sending } from './options'
import { isDirect, perform, type SendingArguments } from './sending'

interface ClaimArguments extends SendingArguments {
  readonly claims: string
  readonly account?: string
}

sending(task('rewards:claim', 'Claims what a published epoch gives an account'))
  .addParam('claims', 'Path of the claims.json that the oracle published', undefined, types.string)
  .addOptionalParam('account', 'Whom to pay (default: the signer)', undefined, types.string)
  .setAction(
    action<ClaimArguments>(async (args, hre) => {
      if (!isDirect(args)) {
        return perform(hre, 'rewards:claim', args, async ({ system, sender }) => {
          const { claimArguments, readVaultClaims } = builds().claims
          const claims = await readVaultClaims(system.rewardVault, args.claims)
          const values = claimArguments(claims, args.account ?? sender)
          return [builds().calls.systemCall(system, 'rewards:claim', 'rewardVault', 'claim', values)]
        })
      }
      const { rewardVault, token } = await systemOfTask(hre, args)
      const claimed = await claimRewards(rewardVault, token, args)
      const { amount, account, gasUsed } = claimed
      return { text: `Paid ${formatEther(amount)} OPEN to ${account} (${gasUsed} gas)`, json: claimed }
    }),
  )
