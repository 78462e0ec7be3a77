import type { AccountRewards, RewardPart, ServedProof, ServedSystem } from '../domain'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Plain JSON of anything that the reading gives: bigint as decimal text, absent values as null. */
export function plain(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString()
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof Map) return [...value].map(plain)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return null
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
}

const NODE_DIGITS = 48

/** The siblings of a proof as a JSON list. */
function proofList(proof: string): string {
  let list = '['
  for (let at = 2; at < proof.length; at += NODE_DIGITS)
    list += `${at === 2 ? '' : ','}"0x${proof.slice(at, at + NODE_DIGITS)}"`
  return `${list}]`
}

// The two answers that are asked for most are written by hand: no field of them needs escaping but the token's symbol.
// test/api holds them against their schemas.

export function proofJson({ chainId, vault }: ServedSystem, served: ServedProof): string {
  const { epoch, root, index, account, cumulative, prefix, proof } = served
  return `{"chainId":${chainId},"vault":"${vault}","epoch":${epoch},"root":"${root}","index":${index},"account":"${account}","cumulative":"${cumulative}","prefix":"${prefix}","proofs":${proofList(proof)},"proof":"${proof}"}`
}

/** What Merkl's clients read: a list of chains, each with its rewards. */
export function rewardsJson(system: ServedSystem, rewards: AccountRewards): string {
  const { chainId } = system
  return `[{"chain":{"id":${chainId}},"rewards":[${rewards.known ? rewardJson(system, rewards) : ''}]}]`
}

function rewardJson({ chainId, vault, token }: ServedSystem, rewards: AccountRewards): string {
  const { proof, account, amount, claimed, pending, paused, block, parts, missing } = rewards
  const claimable = amount > claimed ? amount - claimed : 0n
  const leaf = proof
    ? `"root":"${proof.root}","epoch":${proof.epoch},"index":${proof.index},"prefix":"${proof.prefix}","proofs":${proofList(proof.proof)}`
    : '"root":null,"epoch":null,"index":null,"prefix":null,"proofs":[]'
  const currency = `{"address":"${token.address}","chainId":${chainId},"symbol":${JSON.stringify(token.symbol)},"decimals":${token.decimals}}`
  return `{${leaf},"vault":"${vault}","token":${currency},"recipient":"${account}","amount":"${amount}","claimed":"${claimed}","claimable":"${claimable}","pending":"${pending}","paused":${paused},"block":${block},"breakdowns":[${parts.map(partJson).join(',')}],"missingEpochs":[${missing.join(',')}]}`
}

function partJson({ kind, id, poolId, epoch, amount, claimed, pending }: RewardPart): string {
  const name = kind ?? 'pool'
  const kindText = kind === undefined ? 'null' : `"${kind}"`
  return `{"reason":"${name} ${id}, epoch ${epoch}","campaignId":"${poolId}","kind":${kindText},"id":${id},"epoch":${epoch},"amount":"${amount}","claimed":"${claimed}","pending":"${pending}"}`
}
