import type { Command } from 'commander'
import { EXIT } from '../exitCode'
import {
  accountText,
  contributionText,
  earningsText,
  explainAccount,
  explainContribution,
  postOf,
} from '../pipeline'
import { checksumAddress } from '../settlement'
import { epochNumber, wrongArgument } from './arguments'
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
  if (!isAccount(subject) && !/^[0-9]{1,20}$/.test(subject))
    throw wrongArgument('subject', subject, `${ADDRESS}, or the number of a contribution`)
  return withOracle(session, async ({ operating }) => {
    const posted = await postOf(operating, epoch)
    if (isAccount(subject)) {
      const explained = await explainAccount(operating, posted, subject)
      return told(session, explained, accountText(explained))
    }
    const explained = await explainContribution(operating.content, posted.post, BigInt(subject))
    return told(session, explained, contributionText(explained))
  })
}

const ADDRESS = 'an address (0x and 40 hexadecimal digits)'
const isAccount = (text: string): boolean => /^0x[0-9a-fA-F]{40}$/.test(text)

/** Words for people, the data for programs. */
function told({ flags, printer }: Session, data: object, words: string): Answer | number {
  if (flags['json']) return { result: { ...data } }
  printer.line(words)
  return EXIT.done
}

function earnings(session: Session): Promise<Answer | number> {
  const [given = ''] = session.args
  if (!isAccount(given)) throw wrongArgument('account', given, ADDRESS)
  return withOracle(session, async ({ operating }) => {
    // the store has accounts as the chain writes them
    const account = checksumAddress(operating.keccak, Buffer.from(given.slice(2), 'hex'))
    const rows = await operating.store.earnings(account)
    const total = rows.reduce((sum, { amount }) => sum + amount, 0n)
    return told(session, { account, total, earnings: rows }, earningsText(account, total, rows))
  })
}
