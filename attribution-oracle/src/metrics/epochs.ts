import { Counter, Gauge } from 'prom-client'
import type { OpenCollector } from './collector'
import { BoundedLabel, hostLabel } from './labels'

const PEER_STATES = ['agrees', 'differs', 'behind', 'unreachable'] as const

/** Where epochs stand, and whether operators agree. */
export const openEpochs: OpenCollector = (registry, clock) => {
  const registers = [registry]
  const peers = new BoundedLabel(64, hostLabel)
  const newest = new Gauge({
    name: 'oracle_epoch_state',
    help: 'Number of the newest epoch that reached a state.',
    labelNames: ['state'],
    registers,
  })
  const moved = new Gauge({
    name: 'oracle_epoch_moved_timestamp_seconds',
    help: 'Unix time at which an epoch last came to another state.',
    registers,
  })
  const deadline = new Gauge({
    name: 'oracle_epoch_deadline_seconds',
    help: 'Unix time at which the pending post can be made final; 0 without one.',
    registers,
  })
  const posted = new Gauge({
    name: 'oracle_last_posted_root_timestamp',
    help: 'Unix time of the block in which the last root was posted, by whomever.',
    registers,
  })
  const verified = new Counter({
    name: 'oracle_epochs_verified_total',
    help: 'Posts that were recomputed and compared, agreed with or not.',
    registers,
  })
  const mismatches = new Counter({
    name: 'oracle_root_mismatch_total',
    help: 'Posts that our own computation does not give.',
    registers,
  })
  const challenges = new Counter({
    name: 'oracle_challenges_total',
    help: 'Lies that can be proven on chain, by whether the proof was sent.',
    labelNames: ['sent'],
    registers,
  })
  const peer = new Gauge({
    name: 'oracle_peer_state',
    help: 'What the last exchange with another operator gave: 1 for the state that it is in.',
    labelNames: ['peer', 'state'],
    registers,
  })
  // a series that begins at 1 would never be seen to increase
  for (const sent of ['true', 'false']) challenges.inc({ sent }, 0)
  const states = new Map<string, number>()
  let pending = 0
  return {
    name: 'epochs',
    on: {
      epoch: ({ epoch, state }) => {
        if (epoch > (states.get(state) ?? 0)) {
          states.set(state, epoch)
          newest.set({ state }, epoch)
          if (state !== 'waiting') moved.set(clock())
        }
        const decided = state === 'final' || state === 'rejected'
        if (decided && epoch >= pending) deadline.set(0)
      },
      deadline: ({ epoch, at }) => {
        pending = epoch
        deadline.set(at)
      },
      posted: ({ at }) => posted.set(at),
      verified: ({ agrees }) => {
        verified.inc()
        if (!agrees) mismatches.inc()
      },
      challenge: ({ sent }) => challenges.inc({ sent: String(sent) }),
      peer: ({ peer: name, state }) => {
        const label = peers.of(name)
        for (const each of PEER_STATES) peer.set({ peer: label, state: each }, each === state ? 1 : 0)
      },
    },
  }
}
