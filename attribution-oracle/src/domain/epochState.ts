/** An epoch moves one state at a time; a rejected root puts it back from submitted to scored. */
export const EPOCH_STATES = ['open', 'closed', 'scored', 'settled', 'submitted', 'final'] as const
export type EpochState = (typeof EPOCH_STATES)[number]
