import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { scoreJob } from '@open-datanets/attribution-oracle'
import { encodeNpy, readArrays, type NpyArray } from '@open-datanets/onnx-engine'
import type { Matrix } from './scorer'

export interface JobScores {
  /** What the job chose, in words. */
  readonly method: string
  readonly seconds: number
  /** By the end of the file's name: '' for the scores themselves, 'values', 'groups', ... */
  matrix(end: string): Matrix
}

/** A job without its fixed fields; arrays that exist only here are written beside it. */
export interface Job {
  readonly [field: string]: unknown
  readonly files?: Readonly<Record<string, NpyArray>>
}

/** Scores a job as `attribution-oracle score` does: files in, files out. */
export async function scoreAsUser({ files = {}, ...job }: Job): Promise<JobScores> {
  const folder = await mkdtemp(path.join(tmpdir(), 'open-datanets-bench-'))
  try {
    for (const [name, array] of Object.entries(files))
      await writeFile(path.join(folder, name), encodeNpy(array))
    const file = path.join(folder, 'job.json')
    await writeFile(
      file,
      JSON.stringify({ format: 'open-datanets/score-job', version: 1, workers: 4, ...job }),
    )
    const started = performance.now()
    const { choice, files: written } = await scoreJob(file, { out: path.join(folder, 'scores.npy') })
    const seconds = (performance.now() - started) / 1000
    const arrays = new Map<string, Matrix>()
    for (const name of written.filter(each => each.endsWith('.npy'))) {
      const { shape, data } = (await readArrays(name)).get('')!
      const end = path.basename(name, '.npy').replace(/^scores\.?/, '')
      const columns = shape.length > 1 ? shape[1]! : 1
      arrays.set(end, { rows: shape[0]!, columns, data: Array.from(data, Number) })
    }
    return { method: choice.method, seconds, matrix: end => arrays.get(end)! }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
