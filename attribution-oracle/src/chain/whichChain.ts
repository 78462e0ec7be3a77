import type { BlockRef, Digest } from '../domain'
import { AttributionOracleError, isFault } from '../errors'
import type { RpcPool } from './rpcPool'

/** What the kept events say of themselves. */
export interface KeptEvents {
  /** of whom they are; undefined where nothing was kept yet */
  subject(): Promise<Digest | undefined>
  /** the subject that they would have with this chain */
  subjectOn(chainId: number): Digest
  cursor(): Promise<BlockRef | undefined>
}

/**
 * Endpoints, the setting and the store each say which chain this is: nothing is kept before all three agree.
 * @returns the last block whose events are kept
 * @throws WRONG_CHAIN, STORE_MISMATCH, both with what disagrees with what; RPC_FAILED
 */
export async function expectOneChain(
  pool: RpcPool,
  kept: KeptEvents,
  chainId: number,
): Promise<BlockRef | undefined> {
  const subject = await kept.subject()
  const fits = subject === undefined || subject === kept.subjectOn(chainId)
  const cursor = subject !== undefined && fits ? await kept.cursor() : undefined
  if (cursor) pool.expectBlock(cursor.number)
  const failure: unknown = await pool.connect().then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (isFault(failure, 'WRONG_CHAIN'))
    throw subject === undefined || fits
      ? endpointsDiffer(failure, chainId, subject !== undefined)
      : await settingOrAll(failure, pool, kept, { chainId, subject })
  if (!fits) throw storeDiffers(subject, kept.subjectOn(chainId), chainId, failure === undefined)
  if (failure) throw failure
  return kept.cursor()
}

type WrongChain = AttributionOracleError<'WRONG_CHAIN'>

function endpointsDiffer({ data }: WrongChain, chainId: number, storeAgrees: boolean): WrongChain {
  const expected = `chain ${chainId}, as chainId says${storeAgrees ? ' and the store holds' : '; the store is empty'}`
  const fix = `${storeAgrees ? '' : 'correct chainId, or '}configure endpoints of chain ${chainId}`
  return wrongChain('Every RPC endpoint serves another chain', data.got, expected, fix)
}

async function settingOrAll(
  { data }: WrongChain,
  pool: RpcPool,
  kept: KeptEvents,
  { chainId, subject }: { chainId: number; subject: Digest },
): Promise<WrongChain> {
  const served = await servedBy(pool)
  if (served !== undefined && subject === kept.subjectOn(served)) {
    const expected = `chain ${served}, which the endpoints serve and the store holds`
    const fix = `set chainId to ${served}, or name the endpoints and the store of chain ${chainId}`
    return wrongChain('The setting chainId disagrees with endpoints and store', `${chainId}`, expected, fix)
  }
  const got = `endpoints: ${data.got}; store: another chain, or other contracts`
  const fix = 'name the deployment record of the chain that is meant, its endpoints, and an empty store'
  return wrongChain('Endpoints and store both disagree with chainId', got, `chain ${chainId}`, fix)
}

function wrongChain(what: string, got: string, expected: string, fix: string): WrongChain {
  return new AttributionOracleError('WRONG_CHAIN', { what, got, expected, fix }, { got, expected })
}

function storeDiffers(
  got: Digest,
  expected: Digest,
  chainId: number,
  endpointsAgree: boolean,
): AttributionOracleError {
  const endpoints = endpointsAgree ? `serve chain ${chainId}, as chainId says` : 'gave no answer'
  return new AttributionOracleError(
    'STORE_MISMATCH',
    {
      what: `The store holds the events of another chain, of other contracts or from another startBlock; the endpoints ${endpoints}`,
      got,
      expected,
      fix: 'correct chainId, startBlock and the contracts, or name another store: one store is for one chain',
    },
    { field: 'subject', got, expected },
  )
}

/** The chain that the first endpoint names. */
async function servedBy({ endpoints }: RpcPool): Promise<number | undefined> {
  const id = await endpoints[0]!.request('eth_chainId', []).catch(() => undefined)
  const number = Number(id)
  return typeof id === 'string' && Number.isSafeInteger(number) ? number : undefined
}
