import type { Method } from '../capture'
import { dualMarginGgn } from './dualMarginGgn'
import { ekFac } from './ekFac'
import { refused } from './readSettings'

/**
 * What a sample does for its own loss, summed over the trajectory by the caller: large for mislabelled samples and
 * garbage, which a model learns late and by heart. Dual margin-GGN where there is a probability of the true class,
 * EK-FAC elsewhere. It says nothing about other queries.
 */
export const selfInfluence: Method = {
  name: 'self-influence',
  score: () => Promise.reject(forQueries()),
  value: () => Promise.reject(forQueries()),
  async selfInfluence(checkpoint, settings, linear) {
    const margins = await checkpoint.train('margin')
    const method = margins.probability ? dualMarginGgn : ekFac
    return method.selfInfluence!(checkpoint, settings, linear)
  },
}

function forQueries(): Error {
  return refused('method', 'self-influence for queries', 'the question "self"', 'choose a method for queries')
}
