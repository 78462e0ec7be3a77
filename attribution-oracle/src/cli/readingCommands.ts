import type { Command } from 'commander'
import { explainContribution, postOf } from '../pipeline'
import { epochNumber, wholeNumber } from './arguments'
import { configured, type Answer, type Session } from './session'
import { withOracle } from './withOracle'

/** `explain` and `earnings`: what was paid to whom, and why. */
export function addReadingCommands(program: Command): void {
  configured(
    program,
    'explain <contribution>',
    'rebuild what a contribution earned, to the wei',
    explain,
  ).requiredOption('-e, --epoch <n>', 'number of the epoch, from 1')
  configured(
    program,
    'earnings <account>',
    'all that an account earned in the epochs of this store',
    earnings,
  )
}

function explain(session: Session): Promise<Answer> {
  const [subject = ''] = session.args
  const epoch = epochNumber(String(session.flags['epoch']))
  return withOracle(session, async ({ operating }) => {
    const { post } = await postOf(operating, epoch)
    const id = wholeNumber('contribution', subject)
    return { result: { ...(await explainContribution(operating.content, post, id)) } }
  })
}

function earnings(session: Session): Promise<Answer> {
  const [account = ''] = session.args
  return withOracle(session, async ({ operating }) => {
    const rows = await operating.store.earnings(account)
    const total = rows.reduce((sum, { amount }) => sum + amount, 0n)
    return { result: { account, total, earnings: rows } }
  })
}
