import type { Bench } from '../bench'
import { askChild } from '../child'
import { spreadOf } from '../measure'
import type { Build } from './build'

const BUILD = 'ledgerTree/build.ts'
const QUICK_LEAVES = 100_000
const LEAST_SPEED = 35
const LEAST_MEMORY = 8

export const ledgerTree: Bench = {
  name: 'ledger-tree',
  claim: 'the ledger tree builds >= 35x faster than @openzeppelin/merkle-tree, in <= 1/8 of its memory',
  run: async ({ leaves: wanted, quick }) => {
    const leaves = quick ? Math.min(wanted, QUICK_LEAVES) : wanted
    const build = (builder: string): Promise<Build> => askChild<Build>(BUILD, [builder, leaves])
    // around the peer's minutes, so that both meet the same machine
    const before = [await build('ours'), await build('ours')]
    const peer = await build('peer')
    const builds = [...before, await build('ours')]
    const naive = await build('naive')
    const ours = {
      ...builds[0]!,
      milliseconds: spreadOf(builds.map(({ milliseconds }) => milliseconds)).median,
      peak: Math.max(...builds.map(({ peak }) => peak)),
    }
    const speed = peer.milliseconds / ours.milliseconds
    const memory = peer.peak / ours.peak
    const row = (what: string, build: Build) => ({
      what,
      ms: build.milliseconds,
      'peak MiB': mebibytes(build.peak),
      'MiB before': mebibytes(build.before),
    })
    const missed = [
      ...(speed < LEAST_SPEED ? [`${speed.toFixed(1)}x as fast, at least ${LEAST_SPEED}x`] : []),
      ...(memory < LEAST_MEMORY ? [`1/${memory.toFixed(1)} of the memory, at most 1/${LEAST_MEMORY}`] : []),
    ]
    const differs = builds.flatMap(({ root }) => (root === naive.root ? [] : [`the root ${root}`]))
    return [
      {
        title: `Ledger tree over ${leaves.toLocaleString('en-US')} accounts, each build in a process of its own`,
        rows: [
          row('ours, median of 3', ours),
          row('@openzeppelin/merkle-tree', peer),
          row('our format, written naively', naive),
          { what: 'peer / ours', ms: speed, 'peak MiB': memory },
        ],
        notes: [
          `Root ${naive.root}, that of the naive build with the keccak of ethers; the peer has another format.`,
          'From leaves to root, each from its own form of the same accounts; memory is that of the whole process.',
          ...(quick
            ? ['Quick: too few accounts for the bars to be meant, Node itself being most of ours.']
            : []),
        ],
        missed: [...differs, ...(quick ? [] : missed)],
      },
    ]
  },
}

function mebibytes(bytes: number): number {
  return bytes / 2 ** 20
}
