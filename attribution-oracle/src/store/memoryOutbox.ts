import type { Outbox, OutboxEntry } from '../domain'
import { AttributionOracleError } from '../errors'

interface Kept {
  entry: OutboxEntry
  archived: boolean
}

/** An outbox that ends with the process: for programs that own their chain, as tests and benchmarks do. */
export function memoryOutbox(): Outbox {
  const kept: Kept[] = []
  const current = (epoch: number, action: string) =>
    kept.find(({ entry, archived }) => !archived && entry.epoch === epoch && entry.action === action)
  return {
    find: async (epoch, action) => current(epoch, action)?.entry,
    unfinished: async () =>
      kept
        .filter(({ entry, archived }) => !archived && !entry.final)
        .map(({ entry }) => entry)
        .sort((a, b) => a.nonce - b.nonce),
    ofEpoch: async epoch => kept.map(({ entry }) => entry).filter(entry => entry.epoch === epoch),
    async record({ first, ...transaction }) {
      const { epoch, action, sender, nonce } = transaction
      if (current(epoch, action)) throw wrongState(epoch, `a transaction for "${action}"`, 'none')
      const taken = kept.some(
        ({ entry }) => entry.sender === sender && entry.nonce === nonce && entry.state !== 'superseded',
      )
      if (taken) return false
      const fresh = { state: 'pending', final: false, receipt: undefined } as const
      kept.push({ entry: { ...transaction, ...fresh, hash: first.hash, tries: [first] }, archived: false })
      return true
    },
    async retry(epoch, action, next) {
      const found = current(epoch, action)
      if (found?.entry.state !== 'pending') return false
      if (found.entry.tries.some(({ attempt }) => attempt === next.attempt)) return false
      found.entry = { ...found.entry, hash: next.hash, tries: [...found.entry.tries, next] }
      return true
    },
    async resolve(epoch, action, outcome) {
      const found = current(epoch, action)
      if (!found || found.entry.final) return
      const hash = outcome.receipt?.hash ?? found.entry.tries.at(-1)!.hash
      found.entry = { ...found.entry, ...outcome, hash }
    },
    async archive(epoch, action) {
      const found = current(epoch, action)
      if (found?.entry.state === 'pending')
        throw wrongState(epoch, `"${action}" pending`, 'a transaction of which the chain has decided')
      if (found) found.archived = true
    },
  }
}

function wrongState(epoch: number, got: string, expected: string): AttributionOracleError {
  const what = `The outbox of epoch ${epoch} is not where this step starts`
  return new AttributionOracleError('WRONG_STATE', { what, got, expected }, { epoch, got, expected })
}
