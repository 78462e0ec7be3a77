import path from 'node:path'
import { type NpyArray, readArrays } from '@open-datanets/onnx-engine'
import { groundTruthFolder } from '../groundTruthFolder'
import type { Matrix } from './scorer'
import type { Retrained } from './scorer'

/** The ground truth of attribution; its own README says what each array is. */
export class GroundTruth {
  readonly folder = groundTruthFolder('attribution')

  file(name: string): string {
    return path.join(this.folder, name)
  }

  async array(name: string): Promise<NpyArray> {
    return (await readArrays(this.file(`${name}.npy`))).get('')!
  }

  /** The last axis as columns, all before it as rows. */
  async matrix(name: string): Promise<Matrix> {
    const { shape, data } = await this.array(name)
    const columns = shape.length > 1 ? shape.at(-1)! : 1
    return { rows: data.length / columns, columns, data: Array.from(data, Number) }
  }

  async numbers(name: string): Promise<number[]> {
    return Array.from((await this.array(name)).data, Number)
  }

  /** Random halves of the rows, and the losses of what was trained on them. */
  async halves(folder: string, rows: number): Promise<Retrained> {
    const packed = await this.array(`${folder}/lds_mask`)
    return { members: unpacked(packed, rows), losses: await this.matrix(`${folder}/lds_loss`) }
  }

  /** The same with halves of the contributors. */
  async contributorHalves(folder: string): Promise<Retrained> {
    return {
      members: await this.matrix(`${folder}/glds_groups`),
      losses: await this.matrix(`${folder}/glds_loss`),
    }
  }

  /** [contributors, queries]: what leaving each one out adds to the loss. */
  async risesWithout(folder: string): Promise<Matrix> {
    const losses = await this.matrix(`${folder}/loco_loss`)
    const withAll = folder === 'digits-mlp' ? await this.matrix(`${folder}/loco_full_loss`) : losses
    const first = folder === 'digits-mlp' ? 0 : 1
    const { columns } = losses
    const data = Array.from(
      { length: (losses.rows - first) * columns },
      (_, i) => losses.data[first * columns + i]! - withAll.data[i % columns]!,
    )
    return { rows: losses.rows - first, columns, data }
  }
}

/** np.packbits(axis=1): most significant bit first. */
function unpacked({ shape, data }: NpyArray, columns: number): Matrix {
  const [rows, bytes] = [shape[0]!, shape[1]!]
  const bits = new Uint8Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < columns; c++)
      bits[row * columns + c] = (Number(data[row * bytes + (c >> 3)]) >> (7 - (c & 7))) & 1
  return { rows, columns, data: bits }
}

/** Rows of a matrix, in the given order. */
export function rowsOf({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const taken = rows.flatMap(row => Array.from({ length: columns }, (_, c) => data[row * columns + c]!))
  return { rows: rows.length, columns, data: taken }
}
