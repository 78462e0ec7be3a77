import { encodeModel, forwardModel, initialWeights, trainBpe } from '@open-datanets/onnx-engine'
import type { ScoreInput, ScoreResult } from '../../src/domain'
import { checkModel, scoreEpoch } from '../../src/scoring'
import type { OracleProcess } from '../scene/datanet'
import { SOURCES } from '../scene/sources'
import { tinyScorer } from '../scene/tinyScorer'

const BYTES = Object.values(SOURCES).map(text => Buffer.from(text))
const TOKENIZER = trainBpe(BYTES, { vocabSize: 300 })

/** A real network is scored by the real scorer, everything else by the small one. */
export const SCORING = {
  scoreEpoch: (input: ScoreInput): Promise<ScoreResult> => {
    const bytes = input.models.flatMap(({ links }) => links.flatMap(link => link.checkpoints))
    const real = bytes.length > 0 && bytes.every(each => checkModel(TOKENIZER.toJson(), each.bytes))
    return real ? scoreEpoch(input) : tinyScorer(input)
  },
}

/** It computes something else than the others, signs it, and posts nothing by itself. */
export function lying(deps: OracleProcess): OracleProcess {
  const skim = async (input: ScoreInput): Promise<ScoreResult> => {
    const result = await SCORING.scoreEpoch(input)
    const value = [...result.value].map(([id, score], i): [bigint, number] => [
      id,
      i === 0 ? score / 2 : score,
    ])
    return { ...result, value: new Map(value) }
  }
  return { ...deps, scoreEpoch: skim, poster: undefined, challenger: undefined, slashing: undefined }
}

/** A small transformer with random weights. @param seed decides the weights, so that no two epochs have the same model */
export function realModel(seed: string): { tokenizer: string; graph: Uint8Array } {
  const shape = { width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 64 }
  const config = { ...shape, vocabSize: TOKENIZER.vocabSize }
  const graph = encodeModel(forwardModel(config, initialWeights(config, seed)))
  return { tokenizer: TOKENIZER.toJson(), graph }
}
