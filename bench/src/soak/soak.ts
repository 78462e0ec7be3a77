import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench'
import { askChild } from '../child'
import type { Table } from '../table'
import type { SoakLoad } from './load'
import { OperatorProcess, type Sample } from './operator'
import { startSeededNode, type SeededNode } from './seededNode'
import { slopeOf, type Slope } from './slope'

const MINUTES = 10
const QUICK_MINUTES = 1
/** The share of a soak before which nothing is measured: caches fill, code is compiled. */
const WARM_UP = 0.3
const SAMPLE_MS = 2_000
const FIRST_EPOCH_MS = 240_000
/** MiB a minute. */
const BAR = 1
/** Standard errors that a slope has to be away from 0 to be one. */
const SURE = 2

export const soak: Bench = {
  name: 'soak',
  claim: `an operator's process keeps its memory over ${MINUTES} minutes of epochs and requests`,
  run: async ({ quick }) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'bench-soak-'))
    const node = await startSeededNode()
    try {
      return [await soaked(folder, node, quick ? QUICK_MINUTES : MINUTES)]
    } finally {
      await node.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function soaked(folder: string, node: SeededNode, minutes: number): Promise<Table> {
  const operator = await OperatorProcess.start(folder, node)
  try {
    // after the first epoch all parts of the process have worked once
    await operator.until(FIRST_EPOCH_MS, async () => ((await finalEpochs(operator)) > 0 ? true : undefined))
    const accounts = await accountsOf(operator)
    const before = await finalEpochs(operator)
    const load = askChild<SoakLoad>('soak/load.ts', [operator.url, 60 * minutes, accounts.join(',')])
    const samples = await sampled(operator, minutes)
    const epochs = (await finalEpochs(operator)) - before
    return tableOf(minutes, samples, await load, epochs)
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

function tableOf(minutes: number, samples: readonly Sample[], load: SoakLoad, epochs: number): Table {
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
  return {
    title: `The service over ${minutes} minutes: ${epochs} epochs final, ${load.answered.toLocaleString('en-US')} requests, p99 ${load.p99} ms`,
    rows: rows.map(each => each.row),
    notes: [
      `A process of "attribution-oracle run" on a seeded chain with a block a second; ${samples.length} samples of its /metrics, after the first ${100 * WARM_UP} %.`,
      'Least squares; the error counts samples that follow one another as fewer.',
    ],
    missed: [
      ...rows.filter(({ slope }) => grows(slope)).map(each => grown(each.row)),
      ...(epochs > 0 ? [] : ['no epoch became final: nothing was soaked but the API']),
      ...(load.failed > 0 ? [`${load.failed} requests failed`] : []),
    ],
  }
}

function grows({ perUnit, error }: Slope): boolean {
  return perUnit >= BAR && perUnit > SURE * error
}

function grown(row: { what: string; 'MiB a minute': number; '±': number }): string {
  return `${row.what}: ${row['MiB a minute']} ± ${row['±']} MiB a minute, expected below ${BAR}`
}
