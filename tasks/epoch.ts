import { task, types } from 'hardhat/config'

import { showEpoch, type EpochView } from '../scripts/showEpoch'
import { action } from './action'
import { systemOfTask, type ConnectionArguments } from './connection'
import { connected } from './options'

interface ShowArguments extends ConnectionArguments {
  readonly epoch: number
  readonly json: boolean
}

connected(task('epoch:show', 'Shows where an epoch stands on chain'))
  .addParam('epoch', 'Number of the epoch, from 1', undefined, types.int)
  .setAction(
    action<ShowArguments>(async ({ epoch, ...connection }, hre) => {
      const { attributionOracle, record } = await systemOfTask(hre, connection)
      const view = await showEpoch(attributionOracle, epoch, { fromBlock: record.blockNumber })
      return { text: textOf(view), json: view }
    }),
  )

function textOf({
  epoch,
  state,
  configDigest,
  post,
  secondsLeft,
  rejections,
  finalEpoch,
}: EpochView): string {
  const lines = [`Epoch ${epoch}: ${state} (last final epoch: ${finalEpoch})`]
  if (configDigest !== null) lines.push(`  configuration ${configDigest}`)
  if (post !== null) lines.push(`  root ${post.ledgerRoot} by ${post.poster}, total ${post.total} wei`)
  if (secondsLeft !== null) lines.push(`  can be made final in ${secondsLeft} s`)
  for (const { signers, challenger, reason } of rejections) {
    lines.push(
      `  rejected: a root of the operators ${operatorsIn(signers)}, by ${challenger}, reason ${reason}`,
    )
  }
  return lines.join('\n')
}

function operatorsIn(signers: number): string {
  return [...Array(32).keys()].filter(bit => (signers >>> bit) & 1).join(', ')
}
