import type { ServiceEvent, TransactionResult } from '../domain'
import { nextStep } from './nextStep'

/** What one event says to a person: undefined where it says nothing. */
export interface Entry {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  message: string
  fields: Record<string, unknown>
}

type Kind = ServiceEvent['kind']
type Tellers = { [K in Kind]: (event: Extract<ServiceEvent, { kind: K }>) => Omit<Entry, 'fields'> }

/**
 * Levels: info is what an operator wants to have read at the end of a day, warn what passes or is dealt with, error what
 * needs a person. What comes many times a second is debug or trace.
 */
const TELL: Tellers = {
  rpc: ({ endpoint, method, code }) => ({
    level: code === 'ok' ? 'trace' : 'debug',
    message: `${method} at ${endpoint}: ${code}`,
  }),
  endpoint: ({ endpoint, up, reason }) => ({
    level: up ? 'info' : 'warn',
    message: up ? `endpoint ${endpoint} is used` : `endpoint ${endpoint} is refused${because(reason)}`,
  }),
  blocks: ({ head, finalized, indexed }) => ({
    level: 'debug',
    message: `block ${head}, finalized ${finalized}, indexed ${indexed}`,
  }),
  reorg: ({ depth, block }) => ({
    level: 'info',
    message: `${depth} blocks up to ${block} were replaced, above finality`,
  }),
  indexed: ({ events, from, to }) => ({
    level: events > 0 ? 'info' : 'debug',
    message: `read ${events} events of blocks ${from} to ${to}`,
  }),
  epoch: ({ epoch, state, reason }) => ({
    level: state === 'rejected' ? 'error' : 'info',
    message:
      state === 'waiting'
        ? `epoch ${epoch} waits${because(reason)}`
        : `epoch ${epoch} is ${state}${because(reason)}`,
  }),
  deadline: ({ epoch, at }) => ({
    level: 'info',
    message: `epoch ${epoch} can be made final at ${new Date(at * 1000).toISOString()}`,
  }),
  stage: ({ epoch, stage, items, seconds }) => ({
    level: 'info',
    message: `epoch ${epoch}: ${stage} of ${items} took ${seconds.toFixed(1)} s`,
  }),
  tree: ({ epoch, leaves, seconds }) => ({
    level: 'info',
    message: `epoch ${epoch}: trees over ${leaves} accounts took ${seconds.toFixed(1)} s`,
  }),
  model: ({ modelId, digest }) => ({ level: 'info', message: `model ${modelId} is ${digest}` }),
  posted: ({ epoch, ledgerRoot }) => ({
    level: 'info',
    message: `epoch ${epoch} is posted with root ${ledgerRoot}`,
  }),
  verified: ({ epoch, agrees, part, got, expected }) => ({
    level: agrees ? 'info' : 'error',
    message: agrees
      ? `the post of epoch ${epoch} is what we compute`
      : `the post of epoch ${epoch} differs in ${part ?? 'a part'}: got ${got ?? '?'}, expected ${expected ?? '?'}`,
  }),
  challenge: ({ epoch, proof, sent }) => ({
    level: 'warn',
    message: `the lie in epoch ${epoch} can be proven (${proof}): ${sent ? 'challenged' : 'nothing is sent without a key and --confirm'}`,
  }),
  transaction: ({ epoch, action, attempt, hash, result }) => ({
    level: LEVEL_OF[result],
    message: `${action} of epoch ${epoch}: ${result}, try ${attempt}, ${hash}`,
  }),
  balance: ({ address, wei }) => ({ level: 'debug', message: `${address} has ${wei} wei` }),
  nonce: ({ address, latest, pending }) => ({
    level: pending > latest + 1 ? 'warn' : 'debug',
    message: `${address}: ${pending - latest} transactions wait to be mined`,
  }),
  peer: ({ peer, epoch, state, early, reason }) =>
    early
      ? { level: 'info', message: `operator ${peer} has not signed epoch ${epoch} yet` }
      : {
          level: state === 'agrees' ? 'info' : state === 'differs' ? 'error' : 'warn',
          message: `operator ${peer} ${WORD_OF[state]} epoch ${epoch}${because(reason)}`,
        },
  shard: ({ worker, result, items }) => ({
    level: result === 'lied' ? 'error' : result === 'lost' ? 'warn' : 'debug',
    message: `shard of ${items} at worker ${worker}: ${result}`,
  }),
  worker: ({ worker, state, reason }) => ({
    level: state === 'quarantined' ? 'error' : 'info',
    message: `worker ${worker} ${state === 'joined' ? 'joined' : 'is quarantined'}${because(reason)}`,
  }),
  queue: ({ queue, up, reason }) => ({
    level: up ? 'info' : 'warn',
    message: up ? `NATS at ${queue} is connected` : `NATS at ${queue} cannot be used${because(reason)}`,
  }),
  alone: ({ alone, reason }) => ({
    level: alone ? 'warn' : 'info',
    message: alone ? `${reason}: shards are computed in this process` : reason,
  }),
  content: ({ store, operation, result, bytes }) => ({
    level: result === 'error' ? 'warn' : 'trace',
    message: `content ${operation} at ${store}: ${result}, ${bytes} bytes`,
  }),
  request: ({ route, status, seconds }) => ({
    // it is asked every few seconds, and why it says no is logged where it began
    level: status >= 500 && route !== '/ready' ? 'warn' : 'trace',
    message: `${route}: ${status} in ${(seconds * 1000).toFixed(1)} ms`,
  }),
  proofs: ({ served }) => ({ level: 'trace', message: `${served} proofs served` }),
  cycle: ({ failed }) => ({
    level: 'trace',
    message:
      failed.length === 0
        ? 'a look at the chain ended'
        : `a look at the chain ended without ${failed.join(', ')}`,
  }),
  failed: ({ step, code, message, retryIn }) => ({
    level: retryIn === undefined ? 'error' : 'warn',
    message: `${step} failed with ${code}: ${bare(message, code)}${retryIn === undefined ? '' : `; again in ${retryIn} s`}`,
  }),
}

const LEVEL_OF: Record<TransactionResult, Entry['level']> = {
  ...{ sent: 'info', mined: 'info', replaced: 'warn', cancelled: 'warn', superseded: 'warn' },
  ...{ reverted: 'error', refused: 'error' },
}

const WORD_OF = {
  agrees: 'agrees on',
  differs: 'differs in',
  behind: 'is behind in',
  unreachable: 'cannot be reached for',
} as const

/** The entry of an event: its message for people, its fields for machines, the next step where there is one to take. */
export function entryOf(event: ServiceEvent): Entry {
  const tell = TELL[event.kind] as (event: ServiceEvent) => Omit<Entry, 'fields'>
  const { kind, ...rest } = event
  const fields: Record<string, unknown> = { event: kind }
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'message') continue
    fields[name] = typeof value === 'bigint' ? String(value) : value
  }
  const next = event.kind === 'failed' ? nextStep(event.code) : NEXT[kind]?.(event)
  return { ...tell(event), fields: next === undefined ? fields : { ...fields, next } }
}

const NEXT: { [K in Kind]?: (event: ServiceEvent) => string | undefined } = {
  verified: event =>
    event.kind === 'verified' && !event.agrees
      ? `run "epoch diff -e ${event.epoch}", then see RootMismatch in docs/runbook.md`
      : undefined,
  challenge: event =>
    event.kind === 'challenge' && !event.sent
      ? `run "epoch challenge -e ${event.epoch} --confirm" before the challenge window ends`
      : undefined,
  queue: event =>
    event.kind === 'queue' && !event.up
      ? 'start nats-server with -js at this address, or correct natsUrl; it is tried again'
      : undefined,
  alone: event =>
    event.kind === 'alone' && event.alone
      ? 'start workers; the outcome is the same without them and takes longer'
      : undefined,
  worker: event =>
    event.kind === 'worker' && event.state === 'quarantined'
      ? 'look at that machine: its results were thrown away'
      : undefined,
}

/** Messages of our own faults begin with their code. */
function bare(message: string, code: string): string {
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : `: ${reason}`
}
