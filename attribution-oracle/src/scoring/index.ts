export { checkModel } from './checkModel'
export { scoreEpoch } from './scoreEpoch'
export { TOTAL_WEIGHT, toWeights } from './weights'
