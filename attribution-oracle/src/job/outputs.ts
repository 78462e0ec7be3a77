import { access, constants, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { encodeNpy, writeArray, type NpyArray } from '@open-datanets/onnx-engine'
import { canonicalJson, sha256, type Digest } from '../domain'
import { invalidJob } from './faults'

/** What a job gives, float64 each, by the end of its file's name; '' is the scores themselves. */
export type JobOutputs = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float64Array }
>

export interface Written {
  readonly path: string
  readonly shape: readonly number[]
  readonly digest: Digest
}

/** "a/scores.npy" with the end "values": "a/scores.values.npy". */
export function outputPaths(out: string): { of(end: string): string; receipt: string } {
  const stem = out.replace(/\.npy$/, '')
  return { of: end => (end === '' ? out : `${stem}.${end}.npy`), receipt: `${stem}.receipt.json` }
}

/** Before hours of work rather than after them. @throws INVALID_JOB when nothing can be written there */
export async function checkOut(out: string): Promise<void> {
  const folder = dirname(resolve(out))
  await access(folder, constants.W_OK).catch(() => {
    throw invalidJob([
      { name: 'out', got: out, expected: `a file in a folder that exists and can be written, not ${folder}` },
    ])
  })
}

/** Writes every array, then the receipt over them: without a receipt a run did not end. */
export async function writeOutputs(
  out: string,
  outputs: JobOutputs,
  receiptOf: (written: readonly Written[]) => Record<string, unknown>,
): Promise<{ written: Written[]; receipt: string }> {
  const paths = outputPaths(out)
  const written: Written[] = []
  for (const [end, { shape, data }] of outputs) {
    const array: NpyArray = { shape, dtype: 'float64', data }
    const path = paths.of(end)
    await writeArray(path, array)
    written.push({ path, shape, digest: sha256(encodeNpy(array)) })
  }
  const receipt = JSON.parse(canonicalJson(receiptOf(written))) as unknown
  await writeFile(paths.receipt, `${JSON.stringify(receipt, null, 2)}\n`, { flush: true })
  return { written, receipt: paths.receipt }
}
