import type { Command } from 'commander'
import { EXIT } from '../exitCode'
import { accountText, contributionText, explainAccount, explainContribution, postOf } from '../pipeline'
import { epochNumber, wholeNumber } from './arguments'
import { configured, type Answer, type Session } from './session'
import { withOracle } from './withOracle'

/** `explain` and `earnings`: what was paid to whom, and why. */
export function addReadingCommands(program: Command): void {
  configured(
    program,
    'explain <subject>',
    'rebuild what an account (0x…) or a contribution earned, to the wei, with the difference to the epoch before',
    explain,
  ).requiredOption('-e, --epoch <n>', 'number of the epoch, from 1')
  configured(
    program,
    'earnings <account>',
    'all that an account earned in the epochs of this store',
    earnings,
  )
}

function explain(session: Session): Promise<Answer | number> {
  const [subject = ''] = session.args
  const epoch = epochNumber(String(session.flags['epoch']))
  return withOracle(session, async ({ operating }) => {
    if (isAccount(subject)) {
      const explained = await explainAccount(operating, subject, epoch)
      return told(session, explained, accountText(explained))
    }
    const { post } = await postOf(operating, epoch)
    const id = wholeNumber('subject', subject)
    const explained = await explainContribution(operating.content, post, id)
    return told(session, explained, contributionText(explained))
  })
}

const isAccount = (text: string): boolean => /^0x[0-9a-fA-F]{40}$/.test(text)

/** Words for people, the data for programs. */
function told({ flags, printer }: Session, data: object, words: string): Answer | number {
  if (flags['json']) return { result: { ...data } }
  printer.line(words)
  return EXIT.done
}

function earnings(session: Session): Promise<Answer> {
  const [account = ''] = session.args
  return withOracle(session, async ({ operating }) => {
    const rows = await operating.store.earnings(account)
    const total = rows.reduce((sum, { amount }) => sum + amount, 0n)
    return { result: { account, total, earnings: rows } }
  })
}
