import { invalidJob, type LoadedJob } from '../job'
import type { ScoreMatrix } from '../scoring/capture'
import { estimateValues } from '../scoring/methods'
import { fuse, spanScores } from '../scoring/text'
import { rowMeans, type Answer } from './scoreJobExact'

/** Scores by the spans of text that queries share with training rows: no model is looked at. */
export function scoreTexts(loaded: LoadedJob): Answer {
  return answerOf(loaded, spansOf(loaded))
}

/** The spans beside what the gradients say. @param weight of the spans, from 0 */
export function addTexts(loaded: LoadedJob, gradient: ScoreMatrix, weight: number): Answer {
  const groups = loaded.groups && { groups: loaded.groups.of }
  return answerOf(loaded, fuse(gradient, spansOf(loaded), weight, groups))
}

function spansOf({ job, train, query }: LoadedJob): ScoreMatrix {
  if (train.tokens && query?.tokens) return spanScores(train.tokens, query.tokens)
  throw invalidJob([
    {
      name: 'method',
      got: `${job.method} for task "${job.task}", question "${job.question}"`,
      expected: 'task "causal-lm" with queries, whose inputs are tokens',
    },
  ])
}

function answerOf({ job }: LoadedJob, scores: ScoreMatrix): Answer {
  if (job.question !== 'value') return { scores }
  return { scores, values: estimateValues([{ run: 0, values: rowMeans(scores) }]) }
}
