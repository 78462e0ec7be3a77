import {
  Challenger,
  findChallenge,
  type Addresses,
  type JournalLeaf,
  type LedgerLeaf,
  type ManifestLeaf,
  type OutboxEntry,
  type Settlement,
} from '@open-datanets/attribution-oracle'
import { gasOf } from './anvil'
import type { Epoch, EpochMaker } from './epochs'
import type { Protocol } from './protocol'

/** An epoch's leaves, open to change. */
interface Lie {
  ledger: LedgerLeaf[]
  journal: JournalLeaf[]
  manifest: ManifestLeaf[]
  total: bigint
}

const VICTIM = 7

/** What a liar may change, and no honest neighbour sees without a proof. */
const LIES: readonly ((lie: Lie) => void)[] = [
  ({ ledger }) => (ledger[VICTIM]!.account = ledger[0]!.account),
  ({ ledger }) => (ledger[VICTIM]!.prefix += 1n),
  lie => {
    lie.ledger[VICTIM]!.cumulative = 1n
    fitPrefixes(lie)
  },
  lie => (lie.total -= 1n),
  lie => {
    lie.ledger[VICTIM]!.cumulative += 1n
    lie.ledger[0]!.cumulative -= 1n
    fitPrefixes(lie)
  },
  ({ journal }) => (journal[VICTIM]!.amount = 0n),
  ({ journal }) => (journal[VICTIM]!.prefix += 1n),
  ({ journal }) => (journal.at(-1)!.amount += 1n),
  ({ manifest }) => (manifest[0]!.cumulative *= 2n),
]

/** Posts every lie about an epoch, has it found in the published leaves and struck down; gas by kind of evidence. */
export async function challengeGas(
  { anvil, system }: Protocol,
  maker: EpochMaker,
  epoch: Epoch,
  last: Epoch,
): Promise<[kind: string, gas: number][]> {
  const operator = anvil.account(1)
  const { contracts } = system.record
  const addresses = Object.fromEntries(
    Object.entries(contracts).map(([name, { address }]) => [name, address]),
  ) as unknown as Addresses
  const results: [string, number][] = []
  for (const tell of LIES) {
    const settlement = told(maker, epoch.settlement, tell)
    const post = await maker.postOf(epoch.post.epoch, settlement)
    const challenge = findChallenge(await maker.posted(post, settlement, last))
    if (!challenge) continue
    const challenger = new Challenger(anvil.provider, anvil.account(2).privateKey, addresses, memoryOutbox())
    await anvil.undoing(async () => {
      await gasOf(system.attributionOracle.connect(operator).post(post))
      const { gasUsed } = await challenger.challenge(post, challenge)
      results.push([challenge.kind, Number(gasUsed)])
    })
  }
  return results
}

function told({ trees }: EpochMaker, honest: Settlement, tell: (lie: Lie) => void): Settlement {
  const lie: Lie = {
    ledger: honest.ledger.leaves.map(leaf => ({ ...leaf })),
    journal: honest.journal.leaves.map(leaf => ({ ...leaf })),
    manifest: honest.manifest.leaves.map(leaf => ({ ...leaf })),
    total: honest.total,
  }
  tell(lie)
  return {
    ...honest,
    ledger: trees.ledger(lie.ledger),
    journal: trees.journal(lie.journal),
    manifest: trees.manifest(lie.manifest),
    total: lie.total,
  }
}

function fitPrefixes(lie: Lie): void {
  let prefix = 0n
  for (const leaf of lie.ledger) {
    leaf.prefix = prefix
    prefix += leaf.cumulative
  }
  lie.total = prefix
}

function memoryOutbox() {
  const entries = new Map<string, OutboxEntry>()
  return {
    find: async (epoch: number, action: string) => entries.get(`${epoch} ${action}`),
    record: async (entry: OutboxEntry) => void entries.set(`${entry.epoch} ${entry.action}`, entry),
    discard: async (epoch: number, action: string) => void entries.delete(`${epoch} ${action}`),
  }
}
