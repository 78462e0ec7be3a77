import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench'
import { askChild } from '../child'
import type { Table } from '../table'
import type { SoakLoad } from './load'
import { AS_PACKAGED, OperatorProcess, type Sample } from './operator'
import { startSeededNode, type SeededNode } from './seededNode'
import { slopeOf, type Slope } from './slope'

const QUICK_MINUTES = 1
/** The share of a soak before which nothing is measured: caches fill, code is compiled. */
const WARM_UP = 0.3
const SAMPLE_MS = 2_000
const FIRST_EPOCH_MS = 240_000
/** MiB a minute. */
const BAR = 1
/** Standard errors that a slope has to be away from 0 to be one. */
const SURE = 2
/** Milliseconds of an answer, p99, while epochs are computed. */
const ANSWER_BAR = 100

export const soak: Bench = {
  name: 'soak',
  claim:
    "an operator's process keeps its memory, and answers while it computes, over ten minutes of epochs and requests",
  run: async ({ quick, minutes }) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'bench-soak-'))
    const node = await startSeededNode()
    try {
      return await soaked(folder, node, quick ? QUICK_MINUTES : minutes)
    } finally {
      await node.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function soaked(folder: string, node: SeededNode, minutes: number): Promise<Table[]> {
  const operator = await OperatorProcess.start(folder, node)
  try {
    // after the first epoch all parts of the process have worked once
    await operator.until(FIRST_EPOCH_MS, async () => ((await finalEpochs(operator)) > 0 ? true : undefined))
    const accounts = await accountsOf(operator)
    const before = await finalEpochs(operator)
    const load = askChild<SoakLoad>('soak/load.ts', [operator.url, 60 * minutes, accounts.join(',')])
    const samples = await sampled(operator, minutes)
    const epochs = (await finalEpochs(operator)) - before
    return [memoryOf(minutes, samples, epochs), answersOf(samples, await load)]
  } finally {
    await operator.stop()
  }
}

async function finalEpochs(operator: OperatorProcess): Promise<number> {
  const page = await operator.json<{ items: { epoch: number; state: string }[] }>('/v1/epochs?limit=200')
  return page?.items.filter(({ state }) => state === 'final').length ?? 0
}

function accountsOf(operator: OperatorProcess): Promise<string[]> {
  return operator.until(FIRST_EPOCH_MS, async () => {
    const page = await operator.json<{ items: { account: string }[] }>('/v1/contributions?epoch=1&limit=200')
    const accounts = [...new Set(page?.items.map(({ account }) => account) ?? [])]
    return accounts.length > 0 ? accounts : undefined
  })
}

async function sampled(operator: OperatorProcess, minutes: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const end = Date.now() + 60_000 * minutes; Date.now() < end;) {
    samples.push(await operator.sample())
    await sleep(SAMPLE_MS)
  }
  return samples.slice(Math.floor(samples.length * WARM_UP))
}

function memoryOf(minutes: number, samples: readonly Sample[], epochs: number): Table {
  const times = samples.map(({ seconds }) => seconds / 60)
  const row = (what: string, bytes: readonly number[]) => {
    const values = bytes.map(each => each / 2 ** 20)
    const slope = slopeOf(times, values)
    return {
      slope,
      row: {
        what,
        'first MiB': Math.round(values[0]!),
        'last MiB': Math.round(values.at(-1)!),
        'most MiB': Math.round(Math.max(...values)),
        'MiB a minute': Number(slope.perUnit.toFixed(2)),
        '±': Number(slope.error.toFixed(2)),
        bar: `< ${BAR}, or within ${SURE} errors of 0`,
      },
    }
  }
  const rows = [
    row(
      'resident',
      samples.map(({ resident }) => resident),
    ),
    row(
      'JavaScript heap',
      samples.map(({ heap }) => heap),
    ),
  ]
  const arenas = process.env['MALLOC_ARENA_MAX'] ?? AS_PACKAGED.MALLOC_ARENA_MAX
  return {
    title: `Memory of the service over ${minutes} minutes, ${epochs} epochs final`,
    rows: rows.map(each => each.row),
    notes: [
      `A process of "attribution-oracle run" on a seeded chain with a block a second, MALLOC_ARENA_MAX=${arenas}; ${samples.length} samples of its /metrics, after the first ${100 * WARM_UP} %.`,
      'The heap is that of the thread that answers. Least squares; the error counts samples that follow one another as fewer.',
    ],
    missed: [
      ...rows.filter(({ slope }) => grows(slope)).map(each => grown(each.row)),
      ...(epochs > 0 ? [] : ['no epoch became final: nothing was soaked but the API']),
    ],
  }
}

function answersOf(samples: readonly Sample[], load: SoakLoad): Table {
  const delays = samples.map(({ delay }) => delay).sort((a, b) => a - b)
  const at = (share: number): number => Math.round(delays[Math.ceil(share * delays.length) - 1]!)
  const { p50, p99, most, failed } = load
  const every = SAMPLE_MS / 1000
  return {
    title: `${load.answered.toLocaleString('en-US')} requests to it meanwhile, ${failed} failed`,
    rows: [
      { what: 'answer', 'p50 ms': p50, 'p99 ms': p99, 'most ms': most, bar: `p99 < ${ANSWER_BAR}` },
      {
        what: `longest delay of its event loop in ${every} s`,
        ...{ 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'most ms': at(1) },
      },
    ],
    notes: ['The delay is measured by a timer of 10 ms, which counts in it.'],
    missed: [
      ...(p99 < ANSWER_BAR ? [] : [`answers took ${p99} ms (p99), expected below ${ANSWER_BAR}`]),
      ...(failed > 0 ? [`${failed} requests failed`] : []),
    ],
  }
}

function grows({ perUnit, error }: Slope): boolean {
  return perUnit >= BAR && perUnit > SURE * error
}

function grown(row: { what: string; 'MiB a minute': number; '±': number }): string {
  return `${row.what}: ${row['MiB a minute']} ± ${row['±']} MiB a minute, expected below ${BAR}`
}
