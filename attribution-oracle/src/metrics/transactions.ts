import { Counter, Gauge } from 'prom-client'
import type { OpenCollector } from './collector'
import { addressLabel, BoundedLabel } from './labels'

/** Wei in a coin of the chain. */
const COIN = 1e18

/** What is sent, and what it is sent from. */
export const openTransactions: OpenCollector = (registry, clock) => {
  const registers = [registry]
  const [actions, addresses] = [new BoundedLabel(24), new BoundedLabel(4, addressLabel)]
  const attempts = new Counter({
    name: 'oracle_tx_attempts_total',
    help: 'Transactions by what they do and what became of them.',
    labelNames: ['action', 'result'],
    registers,
  })
  const gas = new Counter({
    name: 'oracle_tx_gas_total',
    help: 'Gas that mined transactions used.',
    labelNames: ['action'],
    registers,
  })
  const cost = new Counter({
    name: 'oracle_tx_cost_coins_total',
    help: 'What mined transactions cost, in coins of the chain.',
    labelNames: ['action'],
    registers,
  })
  const balance = new Gauge({
    name: 'oracle_account_balance',
    help: 'What the account of the operator has for gas, in coins of the chain.',
    labelNames: ['address'],
    registers,
  })
  const gap = new Gauge({
    name: 'oracle_nonce_gap',
    help: 'Transactions of the account that are sent and not mined.',
    labelNames: ['address'],
    registers,
  })
  /** (epoch, action) -> unix seconds at which it was first sent */
  const pending = new Map<string, number>()
  new Gauge({
    name: 'oracle_tx_pending_seconds',
    help: 'Age of the oldest transaction that waits to be mined; 0 without one.',
    registers,
    collect() {
      const oldest = Math.min(...pending.values())
      this.set(pending.size === 0 ? 0 : Math.max(0, clock() - oldest))
    },
  })
  return {
    name: 'transactions',
    on: {
      transaction: ({ epoch, action, result, seconds, gasUsed, cost: wei }) => {
        const label = { action: actions.of(action) }
        attempts.inc({ ...label, result })
        if (gasUsed !== undefined) gas.inc(label, Number(gasUsed))
        if (wei !== undefined) cost.inc(label, Number(wei) / COIN)
        const waits = result === 'sent' || result === 'replaced'
        if (waits) pending.set(`${epoch} ${action}`, clock() - seconds)
        else pending.delete(`${epoch} ${action}`)
      },
      balance: ({ address, wei }) => balance.set({ address: addresses.of(address) }, Number(wei) / COIN),
      nonce: ({ address, latest, pending: next }) =>
        gap.set({ address: addresses.of(address) }, next - latest),
    },
  }
}
