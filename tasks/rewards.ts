import { formatEther } from 'ethers'
import { task, types } from 'hardhat/config'

import { claimRewards } from '../scripts/claimRewards'
import { action } from './action'
import { systemOfTask, type ConnectionArguments } from './connection'
import { connected } from './options'

interface ClaimArguments extends ConnectionArguments {
  readonly claims: string
  readonly account?: string
  readonly json: boolean
}

connected(task('rewards:claim', 'Claims what a published epoch gives an account'))
  .addParam('claims', 'Path of the claims.json that the oracle published', undefined, types.string)
  .addOptionalParam('account', 'Whom to pay (default: the signer)', undefined, types.string)
  .setAction(
    action<ClaimArguments>(async (args, hre) => {
      const { rewardVault, token } = await systemOfTask(hre, args)
      const claimed = await claimRewards(rewardVault, token, args)
      const { amount, account, gasUsed } = claimed
      return { text: `Paid ${formatEther(amount)} OPEN to ${account} (${gasUsed} gas)`, json: claimed }
    }),
  )
