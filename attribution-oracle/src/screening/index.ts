export { canonicalise } from './canonicalise'
export { DEFAULT_SCREENING_RULES } from './rules'
export { screen } from './screen'
