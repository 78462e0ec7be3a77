export { checkModel } from './checkModel'
export { drawEvaluation } from './drawEvaluation'
export { scoreEpoch } from './scoreEpoch'
export { TOTAL_WEIGHT, toWeights } from './weights'
