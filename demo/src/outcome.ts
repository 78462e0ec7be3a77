import type { Attribution } from './chapters/attribute'
import type { Claims } from './chapters/claim'
import type { Corpus } from './chapters/contribute'
import type { Models } from './chapters/train'
import type { Report } from './report'
import type { Stage } from './world'

/** What the chapters left behind. */
export interface Outcome {
  stage: Stage
  corpus: Corpus
  models: Models
  attribution: Attribution
  claims: Claims
  governance: Report['governance']
  lie: Report['lie']
}
