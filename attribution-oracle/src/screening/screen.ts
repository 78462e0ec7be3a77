import type { ScreenInput, ScreenResult, ScreeningRules } from '../domain'
import { type ModelSignal, noiseFaults } from './noise'
import { percent } from './percent'
import { SeenFiles } from './seenFiles'
import { readSource } from './source'

/**
 * Decides which files are contributions: format rules, then copies of what was committed earlier, then, once the model
 * has seen them, noise.
 *
 * The lower id was committed first and stands for its cluster. A later file can never change the verdict of an earlier
 * one: a file joins the cluster of its best earlier match and clusters are never merged afterwards, so nobody can glue
 * two honest files together by committing something between them. A file that stays below every threshold is still
 * only paid for its novelty, so that hiding a copy in new code gains nothing but the new code's share.
 * @param files in any order; ids are distinct
 * @param signals what scoring measured; absent in the first pass, which decides what is scored
 * @returns one result per file, ascending by id
 */
export function screen(
  files: readonly ScreenInput[],
  rules: ScreeningRules,
  signals: ReadonlyMap<bigint, ModelSignal> = new Map(),
): ScreenResult[] {
  const faults = noiseFaults(signals, rules)
  return screenContent(files, rules).map(result => {
    const fault = result.verdict === 'accepted' ? faults.get(result.id) : undefined
    return fault === undefined ? result : { ...result, verdict: 'rejected', novelty: 0, ...fault }
  })
}

function screenContent(files: readonly ScreenInput[], rules: ScreeningRules): ScreenResult[] {
  const seen = new SeenFiles(rules)
  const clusterOf: bigint[] = []
  const ordered = [...files].sort((a, b) => (a.id < b.id ? -1 : 1))

  return ordered.map(({ id, bytes }, position) => {
    clusterOf[position] = id
    const source = readSource(bytes, rules)
    if ('reason' in source) return { id, verdict: 'rejected', representative: id, novelty: 0, ...source }

    const { match, covered } = seen.compareThenAdd(position, source)
    if (match === undefined) {
      const detail = `${percent(covered)} of the code was committed earlier`
      return { id, verdict: 'accepted', reason: 'ACCEPTED', representative: id, novelty: 1 - covered, detail }
    }
    const representative = clusterOf[match.position] ?? id
    clusterOf[position] = representative
    return { id, verdict: 'copy', reason: match.reason, representative, novelty: 0, detail: match.detail }
  })
}
