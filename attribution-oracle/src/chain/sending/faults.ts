import type { OutboxEntry } from '../../domain'
import { AttributionOracleError } from '../../errors'

const nameOf = ({ epoch, action, hash }: OutboxEntry): string =>
  `transaction ${hash} (${action} of epoch ${epoch})`

/** A stop asked for; nothing is lost. */
export function stopped(entry: OutboxEntry): AttributionOracleError {
  const what = `Stopped while ${nameOf(entry)} is not mined yet; run again to go on`
  return new AttributionOracleError('ABORTED', { what }, { step: 'transaction' })
}

export function stillWaiting(entry: OutboxEntry, waitMs: number): AttributionOracleError {
  const reason = `not mined within ${waitMs} ms`
  return new AttributionOracleError(
    'RPC_FAILED',
    { what: `The ${nameOf(entry)} is still waiting`, got: reason, fix: 'run again to go on waiting' },
    { method: 'eth_getTransactionReceipt', cause: reason },
  )
}

export function reverted(entry: OutboxEntry): AttributionOracleError {
  return new AttributionOracleError(
    'CALL_REVERTED',
    {
      what: `The ${nameOf(entry)} was mined but reverted`,
      fix: 'run again when its block is final: it is planned anew then',
    },
    { call: entry.action, reason: 'reverted in its block' },
  )
}

/** Something else than what is wanted now took the nonce, and a reorganisation could still undo that. */
export function notFinal(entry: OutboxEntry, wanted: string): AttributionOracleError {
  const { action, state, receipt } = entry
  const got = `${state} in block ${receipt?.blockNumber ?? 0}, which is not final`
  return stale(entry, action, got, wanted, 'run again when that block is final')
}

export function cancelled(entry: OutboxEntry): AttributionOracleError {
  const got = 'cancelled, because it made no sense any more'
  return stale(entry, entry.action, got, 'an action that makes sense', 'run again: it is planned anew')
}

function stale(entry: OutboxEntry, action: string, got: string, expected: string, fix: string) {
  const what = `The ${nameOf(entry)} does not stand for what is wanted`
  return new AttributionOracleError('STALE_ACTION', { what, got, expected, fix }, { action, got, expected })
}

/** The node counts fewer, or many more, transactions of the account than there can be. */
export function nonceFault(address: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'RPC_FAILED',
    {
      what: `The node's count of transactions of ${address} cannot be right; nothing was signed`,
      got,
      expected,
      fix: 'ask another node, and see that the outbox belongs to this chain',
    },
    { method: 'eth_getTransactionCount', cause: got },
  )
}
