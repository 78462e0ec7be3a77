import type { ScoringModel } from '../../domain'
import type { Corpus, EncodedFile } from './corpus'
import { SpanIndex } from '../text'
import type { SpanPart } from './usage'

/**
 * What of a paid answer stands verbatim in the files that a model was trained on. Screening leaves one file of each
 * cluster of copies, so every file here is a cluster of its own, and a span's weight is split over the files that hold
 * it: who commits a copy adds nothing to share.
 */
export class OutputSpans {
  private readonly index: SpanIndex

  /** @param files in the order of their commits */
  constructor(private readonly files: readonly EncodedFile[]) {
    this.index = SpanIndex.build(files.map(({ ids }, row) => ({ tokens: ids, contributor: row })))
  }

  /** Nats of each file's spans; files that share nothing with the answer are absent. */
  of(tokens: readonly number[]): Map<bigint, number> {
    const { documents } = this.index.scores(tokens)
    return new Map(
      this.files.flatMap(({ id }, row) => (documents[row]! > 0 ? [[id, documents[row]!] as const] : [])),
    )
  }
}

/** The spans of a model's outputs in everything that its lineage was trained on; undefined where they do not count. */
export function spanPart({ links }: ScoringModel, corpus: Corpus, spanWeight = '0'): SpanPart | undefined {
  const weight = Number(spanWeight)
  if (weight === 0) return undefined
  const ids = [...new Set(links.flatMap(link => [...link.contributionIds]))].sort((a, b) => (a < b ? -1 : 1))
  const spans = new OutputSpans(corpus.filesOf(ids))
  // an answer that the model cannot read has no windows, and quotes nothing either
  return {
    weight,
    of: output =>
      corpus.windowsOfOutput(output).length > 0 ? spans.of(output.outputTokens) : new Map<bigint, number>(),
  }
}
