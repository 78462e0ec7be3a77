import { expect } from 'chai'
import { Gauge } from 'prom-client'
import fc from 'fast-check'
import type { ServiceEvent } from '../../src/domain'
import { createMetrics, type Metrics } from '../../src/metrics'
import { needs, run } from '../scene/program'
import { EVERY_EVENT } from './everyEvent'

const OPTIONS = { version: '0.1.0', configHash: 'c0ffee' }
const valueOf = async (metrics: Metrics, series: string): Promise<number | undefined> => {
  const line = (await metrics.text()).split('\n').find(each => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}
const observed = (...events: ServiceEvent[]): Metrics => {
  const metrics = createMetrics({ ...OPTIONS, clock: () => 1000 })
  events.forEach(metrics.observe)
  return metrics
}

describe('createMetrics', () => {
  it('has a time series for everything that is observed', async () => {
    const metrics = observed(...Object.values(EVERY_EVENT))
    const expected = {
      'oracle_build_info{version="0.1.0",node="': undefined,
      'oracle_config_hash{hash="c0ffee"}': 1,
      'oracle_block_number{block="indexed"}': 99,
      'oracle_rpc_request_seconds_count{method="eth_getLogs",endpoint="rpc.example",code="ok"}': 1,
      'oracle_rpc_endpoint_up{endpoint="rpc.example"}': 1,
      oracle_reorgs_total: 1,
      oracle_reorg_depth: 2,
      oracle_indexed_events_total: 40,
      'oracle_epoch_state{state="submitted"}': 3,
      oracle_epoch_moved_timestamp_seconds: 1000,
      oracle_epoch_deadline_seconds: 1_800_000_000,
      oracle_last_posted_root_timestamp: 1_799_999_000,
      oracle_epochs_verified_total: 1,
      oracle_root_mismatch_total: 0,
      'oracle_challenges_total{sent="true"}': 1,
      'oracle_peer_state{peer="operator-b.example:8787",state="agrees"}': 1,
      'oracle_peer_state{peer="operator-b.example:8787",state="differs"}': 0,
      'oracle_scoring_items_total{stage="score"}': 500,
      'oracle_scoring_seconds_sum{stage="score"}': 42,
      oracle_leaves: 1000,
      oracle_tree_build_seconds_count: 1,
      [`oracle_model_info{model="1",hash="0x${'ab'.repeat(32)}"}`]: 1,
      'oracle_tx_attempts_total{action="post",result="mined"}': 1,
      'oracle_tx_gas_total{action="post"}': 80_000,
      'oracle_tx_cost_coins_total{action="post"}': 0.001,
      [`oracle_account_balance{address="0x${'cd'.repeat(20)}"}`]: 2.5,
      [`oracle_nonce_gap{address="0x${'cd'.repeat(20)}"}`]: 1,
      oracle_tx_pending_seconds: 0,
      'oracle_shards_total{result="done"}': 1,
      'oracle_workers_total{state="joined"}': 1,
      'oracle_content_operations_total{store="folder",operation="get",result="hit"}': 1,
      'oracle_content_bytes_total{operation="get"}': 2048,
      'oracle_http_request_seconds_count{route="/v1/proofs/{address}",status="200"}': 1,
      oracle_proofs_served_total: 3,
      'oracle_failures_total{step="index",code="RPC_FAILED"}': 1,
    }
    for (const [series, value] of Object.entries(expected))
      if (value !== undefined) expect(await valueOf(metrics, series), series).to.equal(value)
    const text = await metrics.text()
    expect(text).to.include(`oracle_build_info{version="0.1.0",node="${process.version}"} 1`)
    expect(text).to.include('process_resident_memory_bytes')
    expect(text).to.include('nodejs_eventloop_lag_p99_seconds')
    expect(metrics.contentType).to.match(/^text\/plain; version=0\.0\.4/)
  })

  it('is what promtool calls well made', async function () {
    const promtool = needs(this, 'promtool')
    const metrics = observed(...Object.values(EVERY_EVENT))
    const { code, output } = await run(promtool, ['check', 'metrics'], await metrics.text())
    expect([code, output]).to.deep.equal([0, ''])
  })

  it('counts a root mismatch, and nothing else, where a post differs', async () => {
    const metrics = observed({ kind: 'verified', epoch: 4, agrees: false, part: 'ledger' })
    expect(await valueOf(metrics, 'oracle_root_mismatch_total')).to.equal(1)
    expect(await valueOf(metrics, 'oracle_epochs_verified_total')).to.equal(1)
  })

  it('shows the age of the oldest transaction until it is mined', async () => {
    let now = 1000
    const metrics = createMetrics({ ...OPTIONS, clock: () => now })
    const transaction = EVERY_EVENT.transaction
    metrics.observe({ ...transaction, result: 'sent', seconds: 0 })
    now = 1100
    metrics.observe({ ...transaction, epoch: 4, result: 'sent', seconds: 0 })
    metrics.observe({ ...transaction, result: 'replaced', seconds: 100, attempt: 2 })
    now = 1300
    expect(await valueOf(metrics, 'oracle_tx_pending_seconds')).to.equal(300)
    metrics.observe({ ...transaction, result: 'mined' })
    expect(await valueOf(metrics, 'oracle_tx_pending_seconds')).to.equal(200)
    metrics.observe({ ...transaction, epoch: 4, result: 'superseded' })
    expect(await valueOf(metrics, 'oracle_tx_pending_seconds')).to.equal(0)
  })

  it('takes the deadline away once the epoch is decided, and never goes back to an older epoch', async () => {
    const metrics = observed(
      { kind: 'deadline', epoch: 3, at: 5000 },
      { kind: 'epoch', epoch: 2, state: 'final' },
      { kind: 'epoch', epoch: 1, state: 'final' },
    )
    expect(await valueOf(metrics, 'oracle_epoch_deadline_seconds')).to.equal(5000)
    expect(await valueOf(metrics, 'oracle_epoch_state{state="final"}')).to.equal(2)
    metrics.observe({ kind: 'epoch', epoch: 3, state: 'rejected' })
    expect(await valueOf(metrics, 'oracle_epoch_deadline_seconds')).to.equal(0)
  })

  it('keeps every other metric where one cannot be collected or told', async () => {
    const metrics = createMetrics(OPTIONS, [
      registry => {
        new Gauge({
          name: 'oracle_broken',
          help: 'Fails.',
          registers: [registry],
          collect: () => {
            throw new Error('no artefact')
          },
        })
        return {
          name: 'broken',
          on: {
            reorg: () => {
              throw new Error('no artefact')
            },
          },
        }
      },
    ])
    metrics.observe(EVERY_EVENT.reorg)
    metrics.observe({ ...EVERY_EVENT.tree, leaves: NaN as number, seconds: 'x' as unknown as number })
    expect(await valueOf(metrics, 'oracle_reorgs_total')).to.equal(1)
    expect(await valueOf(metrics, 'oracle_collector_failures_total{collector="broken"}')).to.equal(1)
    expect(await valueOf(metrics, 'oracle_collector_failures_total{collector="oracle_broken"}')).to.be.above(
      0,
    )
    expect(await valueOf(metrics, 'oracle_collector_failures_total{collector="computation"}')).to.equal(1)
    expect(await metrics.text()).to.not.include('# HELP oracle_broken')
  })

  it('names endpoints and peers by host, and accounts of others not at all', async () => {
    const stranger = `0x${'99'.repeat(20)}`
    const metrics = observed(
      { ...EVERY_EVENT.rpc, endpoint: 'https://me:hunter22@rpc.example/v3/0123456789abcdef' },
      { ...EVERY_EVENT.peer, peer: 'https://b.example:8787/path?token=hidden' },
      { ...EVERY_EVENT.request, route: `/v1/proofs/${stranger}` },
      { ...EVERY_EVENT.content, store: '/home/operator/private' },
      { ...EVERY_EVENT.failed, step: `claim of ${stranger}` },
    )
    const text = await metrics.text()
    expect(text).to.include('endpoint="rpc.example"')
    expect(text).to.include('peer="b.example:8787"')
    for (const hidden of ['hunter22', 'hidden', '/v3', stranger, '/home', '/path'])
      expect(text).to.not.include(hidden)
  })

  it('has a bounded number of time series, whatever strangers send', async () => {
    const metrics = createMetrics(OPTIONS)
    const text = fc.oneof(fc.string(), fc.webUrl(), fc.domain(), fc.stringMatching(/^[0-9a-f]{40,66}$/))
    fc.assert(
      fc.property(text, text, fc.nat(), (one, two, n) => {
        metrics.observe({ ...EVERY_EVENT.rpc, endpoint: one, method: two, code: `${one}${n}` })
        metrics.observe({ ...EVERY_EVENT.endpoint, endpoint: one })
        metrics.observe({ ...EVERY_EVENT.request, route: two, status: n })
        metrics.observe({ ...EVERY_EVENT.stage, stage: one, epoch: n })
        metrics.observe({ ...EVERY_EVENT.epoch, epoch: n })
        metrics.observe({ ...EVERY_EVENT.peer, peer: one })
        metrics.observe({ ...EVERY_EVENT.model, modelId: n, digest: two })
        metrics.observe({ ...EVERY_EVENT.transaction, action: two })
        metrics.observe({ ...EVERY_EVENT.balance, address: one })
        metrics.observe({ ...EVERY_EVENT.failed, step: one, code: two })
        metrics.observe({ ...EVERY_EVENT.content, store: one })
        metrics.observe({ ...EVERY_EVENT.shard, worker: one })
      }),
      { numRuns: 400 },
    )
    const names = new Map<string, number>()
    for (const line of (await metrics.text()).split('\n')) {
      const name = /^(oracle_\w+)\{/.exec(line)?.[1]
      if (name && !name.endsWith('_bucket')) names.set(name, (names.get(name) ?? 0) + 1)
    }
    const bounded = { oracle_rpc_endpoint_up: 17, oracle_model_info: 64, oracle_account_balance: 5 }
    for (const [name, limit] of Object.entries(bounded))
      expect(names.get(name) ?? 0, name).to.be.at.most(limit)
    expect(names.get('oracle_peer_state')).to.be.at.most(65 * 4)
    expect(names.get('oracle_scoring_items_total')).to.be.at.most(25)
    expect(names.get('oracle_tx_gas_total')).to.be.at.most(25)
    expect(names.get('oracle_content_operations_total')).to.be.at.most(9)
  })
})
