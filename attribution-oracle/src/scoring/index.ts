export { scoreEpoch } from './scoreEpoch'
export { TOTAL_WEIGHT, toWeights } from './weights'
