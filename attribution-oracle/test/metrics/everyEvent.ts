import type { ServiceEvent } from '../../src/domain'

const digest = `0x${'ab'.repeat(32)}`
const address = `0x${'cd'.repeat(20)}`

/** One event of every kind, in a life that goes well; the compiler says when a kind is missing. */
export const EVERY_EVENT: { [K in ServiceEvent['kind']]: Extract<ServiceEvent, { kind: K }> } = {
  rpc: { kind: 'rpc', endpoint: 'rpc.example', method: 'eth_getLogs', code: 'ok', seconds: 0.02 },
  endpoint: { kind: 'endpoint', endpoint: 'rpc.example', up: true },
  blocks: { kind: 'blocks', head: 120, safe: 110, finalized: 100, indexed: 99 },
  reorg: { kind: 'reorg', depth: 2, block: 119 },
  indexed: { kind: 'indexed', events: 40, from: 90, to: 99, seconds: 0.1 },
  epoch: { kind: 'epoch', epoch: 3, state: 'submitted' },
  deadline: { kind: 'deadline', epoch: 3, at: 1_800_000_000 },
  stage: { kind: 'stage', epoch: 3, stage: 'score', items: 500, seconds: 42 },
  tree: { kind: 'tree', epoch: 3, leaves: 1000, seconds: 0.4 },
  model: { kind: 'model', modelId: 1, digest },
  posted: { kind: 'posted', epoch: 3, ledgerRoot: `0x${'ef'.repeat(24)}`, at: 1_799_999_000 },
  verified: { kind: 'verified', epoch: 2, agrees: true },
  challenge: { kind: 'challenge', epoch: 2, proof: 'increase', sent: true },
  transaction: {
    kind: 'transaction',
    epoch: 3,
    action: 'post',
    nonce: 7,
    attempt: 1,
    hash: digest,
    result: 'mined',
    seconds: 12,
    gasUsed: 80_000n,
    cost: 10n ** 15n,
  },
  balance: { kind: 'balance', address, wei: 25n * 10n ** 17n },
  nonce: { kind: 'nonce', address, latest: 8, pending: 9 },
  peer: { kind: 'peer', peer: 'operator-b.example:8787', epoch: 3, state: 'agrees' },
  shard: { kind: 'shard', worker: 'w1', result: 'done', items: 64, seconds: 3 },
  worker: { kind: 'worker', worker: 'w1', state: 'joined' },
  queue: { kind: 'queue', queue: 'nats.example:4222', up: true },
  alone: { kind: 'alone', alone: false, reason: 'worker w1 answers' },
  content: { kind: 'content', store: '/data/content', operation: 'get', result: 'hit', bytes: 2048 },
  request: { kind: 'request', route: '/v1/proofs/{address}', status: 200, seconds: 0.002 },
  proofs: { kind: 'proofs', served: 3 },
  cycle: { kind: 'cycle', failed: [] },
  failed: { kind: 'failed', step: 'index', code: 'RPC_FAILED', message: 'timeout', retryIn: 5 },
}
