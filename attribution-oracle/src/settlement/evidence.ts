import type { Challenge } from '../domain'
import { entryLie, increaseLie } from './evidenceEntries'
import { journalLie } from './evidenceJournal'
import { rooted } from './evidenceLeaves'
import { ledgerLie } from './evidenceLedger'
import { manifestLie } from './evidenceManifest'
import { settlementLie } from './evidenceSettlement'
import type { Posted } from './evidencePosted'

/**
 * The first lie that one transaction can prove, with its evidence; undefined when every sum of the post is consistent
 * as far as it was published (`findDemands` tells what was not). The order goes from the cheapest proof to the dearest,
 * and every lie is looked for in the trees that it needs and no others. A wrong weight is no wrong sum: what is not
 * found here can only be settled by recomputing.
 */
export function findChallenge(posted: Posted): Challenge | undefined {
  const { post } = posted
  const ledger = rooted(posted.ledger, post.ledgerRoot)
  const journal = rooted(posted.journal, post.journalRoot)
  const manifest = rooted(posted.manifest, post.manifestRoot)
  return (
    (ledger && ledgerLie(posted, ledger)) ??
    (journal && journalLie(posted, journal)) ??
    (ledger && journal && increaseLie(posted, ledger, journal)) ??
    (manifest && manifestLie(posted, manifest)) ??
    (manifest && settlementLie(posted, manifest)) ??
    (manifest && journal && entryLie(posted, manifest, journal))
  )
}
