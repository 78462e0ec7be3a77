import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { encodeModel, withParameters, type NpyArray, type Tensor } from '@open-datanets/onnx-engine'
import { type Evidence, lds } from '../../../attribution-oracle/src/scoring/audit'
import { rounded } from '../attribution/bar'
import { type Job, scoreAsUser } from '../attribution/scoreAsUser'
import type { Bench } from '../bench'
import { BenchError } from '../errors'
import type { Row, Table } from '../table'
import { type Trained, trainAll } from './groundTruth'
import { tunedRivals } from './rivals'
import type { Task } from './task'
import { untunedTasks } from './tasks'

const SUBSETS = { evidence: 32, fresh: 24 }

export const untuned: Bench = {
  name: 'untuned',
  claim:
    'on models, optimizers, splits and texts that nobody tuned on, auto is ahead of tuned TRAK and LoGra',
  async run() {
    const tables: Table[] = []
    const behind: string[] = []
    for (const task of await untunedTasks()) {
      const trained = await trainAll(task, SUBSETS)
      const { rows, ahead } = await compared(task, trained)
      if (ahead <= 0) behind.push(`${task.name}: ${rounded(ahead)}`)
      tables.push({
        title: `${task.name}: LDS on ${SUBSETS.fresh} fresh halves x 2 seeds`,
        rows,
        notes: [
          `chosen and tuned on ${SUBSETS.evidence} other halves, trained once; ahead by ${rounded(ahead)}`,
        ],
      })
    }
    if (behind.length > 0) throw new BenchError('NOT_AHEAD', { tables, behind })
    return tables
  },
}

async function compared(task: Task, trained: Trained): Promise<{ rows: Row[]; ahead: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'open-datanets-untuned-'))
  try {
    const job = await jobOf(task, trained, folder)
    const rows: Row[] = []
    const add = (method: string, scores: Parameters<typeof lds>[0], says: string): number => {
      const figure = lds(scores, trained.fresh)
      rows.push({ method, LDS: rounded(figure), chosen: says })
      return figure
    }
    const matrix = ({ matrix: of }: Awaited<ReturnType<typeof scoreAsUser>>) => {
      const { rows: n, columns, data } = of('')
      return { rows: n, columns, data: Float64Array.from(data) }
    }
    const { evidence, ...files } = job.files
    const blind = await scoreAsUser({ ...job.job, files })
    add('auto without evidence', matrix(blind), blind.method)
    const audited = await scoreAsUser({ ...job.job, files: { ...files, ...evidence }, audit: AUDIT })
    const own = add('auto', matrix(audited), `${audited.method}, ${Math.round(audited.seconds)} s`)
    const others = (await tunedRivals(task, trained)).map(({ name, scores, settings }) =>
      add(name, scores, settings),
    )
    return { rows, ahead: own - Math.max(...others) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const AUDIT = { masks: 'masks.npy', losses: 'losses.npy' }

async function jobOf(task: Task, { runs, evidence }: Trained, folder: string) {
  const checkpoints: string[][] = []
  for (const [run, steps] of runs.entries()) {
    checkpoints.push([])
    for (const [step, weights] of steps.entries()) {
      const file = path.join(folder, `${run}-${step}.onnx`)
      await writeFile(file, encodeModel(withParameters(task.model, weights)))
      checkpoints.at(-1)!.push(file)
    }
  }
  const [inputs, queries] = [task.train, task.query].map(({ inputs: named }) =>
    array([...named.values()][0]!),
  )
  return {
    job: {
      task: task.kind,
      question: 'usage',
      model: checkpoints[0]!.at(-1)!,
      checkpoints,
      train: { inputs: 'x.npy', targets: 'y.npy' },
      query: { inputs: 'xq.npy', targets: 'yq.npy' },
    } satisfies Job,
    files: {
      'x.npy': inputs!,
      'xq.npy': queries!,
      'y.npy': array(task.train.targets),
      'yq.npy': array(task.query.targets),
      evidence: evidenceFiles(evidence),
    },
  }
}

function evidenceFiles({ masks, subsets, losses, columns }: Evidence): Record<string, NpyArray> {
  return {
    'masks.npy': { shape: [subsets, masks.length / subsets], dtype: 'uint8', data: masks },
    'losses.npy': { shape: [subsets, columns], dtype: 'float64', data: losses },
  }
}

const array = ({ dims, dtype, data }: Tensor): NpyArray =>
  ({ shape: [...dims], dtype, data }) as unknown as NpyArray
