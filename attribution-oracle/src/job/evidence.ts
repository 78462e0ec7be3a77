import { type NpyArray } from '@open-datanets/onnx-engine'
import { fileDigest, readArray, shapeText, splitName, type NamedDigest } from './arrayFile'
import type { JobFaults } from './faults'
import type { JobFile } from './readJob'
import { firstNotFinite } from './tensors'

/** What models that were trained on subsets lost: the judge of every method. */
export interface LoadedEvidence {
  /** uint8 [subsets, n_train], 0 or 1: which rows a model was trained on */
  readonly masks: Uint8Array
  readonly subsets: number
  /** float64 [subsets, columns] */
  readonly losses: Float64Array
  /** n_query, or 1 where the file has only their mean */
  readonly columns: number
  readonly files: readonly NamedDigest[]
}

/** Fewer cannot be parted into some that choose and some that report. */
export const LEAST_SUBSETS = 8

export async function readEvidence(
  { job, pathOf }: JobFile,
  rows: number,
  queries: number,
  faults: JobFaults,
): Promise<LoadedEvidence | undefined> {
  const { masks: maskFile, losses: lossFile } = job.audit ?? {}
  if (maskFile === undefined || lossFile === undefined) return undefined
  const read = (name: string, file: string): Promise<{ array: NpyArray; file: NamedDigest } | undefined> => {
    const { path, entry } = splitName(pathOf(file))
    return faults.reading(name, async () => ({
      array: await readArray(name, path, entry),
      file: { name, digest: await fileDigest(path) },
    }))
  }
  const masks = await read('audit.masks', maskFile)
  const losses = await read('audit.losses', lossFile)
  if (!masks || !losses) return undefined
  const before = faults.found.length
  const unpacked = unpackMasks(masks.array, rows, faults)
  const subsets = masks.array.shape[0] ?? 0
  const columns = columnsOf(losses.array, subsets, queries, faults)
  if (unpacked && subsets < LEAST_SUBSETS)
    faults.add('audit.masks', `${subsets} subsets`, `${LEAST_SUBSETS} or more: half choose, half report`)
  if (faults.found.length > before || !unpacked || !columns) return undefined
  checkTelling(unpacked, losses.array, subsets, faults)
  if (faults.found.length > before) return undefined
  return {
    masks: unpacked,
    subsets,
    losses: Float64Array.from(losses.array.data, Number),
    columns,
    files: [masks.file, losses.file],
  }
}

/** Subsets that are all the same, and losses that never move, rank nothing: most likely another array was saved. */
function checkTelling(masks: Uint8Array, losses: NpyArray, subsets: number, faults: JobFaults): void {
  const isSame = (data: ArrayLike<number | bigint>): boolean => {
    const width = data.length / subsets
    for (let at = width; at < data.length; at++) if (data[at] !== data[at - width]) return false
    return true
  }
  if (isSame(masks))
    faults.add('audit.masks', `the same rows in all ${subsets} subsets`, 'subsets that differ')
  if (isSame(losses.data))
    faults.add(
      'audit.losses',
      `the same losses for all ${subsets} subsets`,
      'losses of models trained on them',
    )
}

/** 0 and 1 of every row, from one byte each or from bits, most significant first (np.packbits(axis=1)). */
function unpackMasks(
  { shape, dtype, data }: NpyArray,
  rows: number,
  faults: JobFaults,
): Uint8Array | undefined {
  const [subsets = 0, width = 0] = shape
  const packed = Math.ceil(rows / 8)
  if (shape.length !== 2 || (width !== rows && !(width === packed && dtype === 'uint8'))) {
    faults.add(
      'audit.masks',
      `${dtype} ${shapeText(shape)}`,
      `[subsets, ${rows}] of bool or 0 and 1, or uint8 [subsets, ${packed}] of packed bits`,
    )
    return undefined
  }
  const masks = new Uint8Array(subsets * rows)
  // With one row both forms have one column: then a byte above 1 can only be packed.
  const isPacked = width !== rows || (rows === 1 && data.some(byte => Number(byte) === 128))
  for (let s = 0; s < subsets; s++) {
    for (let i = 0; i < rows; i++) {
      const value = isPacked
        ? (Number(data[s * width + (i >> 3)]) >> (7 - (i & 7))) & 1
        : Number(data[s * width + i])
      if (value !== 0 && value !== 1) {
        faults.add('audit.masks', `${value} at subset ${s}, row ${i}`, '0 or 1')
        return undefined
      }
      masks[s * rows + i] = value
    }
  }
  return masks
}

function columnsOf(
  losses: NpyArray,
  subsets: number,
  queries: number,
  faults: JobFaults,
): number | undefined {
  const { shape } = losses
  const fits =
    shape[0] === subsets &&
    (shape.length === 1 || (shape.length === 2 && (shape[1] === queries || shape[1] === 1)))
  if (!fits) {
    faults.add(
      'audit.losses',
      shapeText(shape),
      `[${subsets}, ${queries}], or [${subsets}] for the mean over queries`,
    )
    return undefined
  }
  const bad = firstNotFinite(losses)
  if (bad !== undefined) {
    faults.add('audit.losses', `${Number(losses.data[bad])} at position ${bad}`, 'finite losses')
    return undefined
  }
  return shape[1] ?? 1
}
