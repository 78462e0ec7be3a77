import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from 'mocha'
import { OnnxEngineError, decodeNpy, tensor, type Tensor } from '../src/index'

/** Where the ground truth lies: OPEN_DATANETS_DATA, else beside the repository. */
const folder = process.env['OPEN_DATANETS_DATA'] ?? join(__dirname, '../../../shared/data')

/** Skips a test where there is no ground truth on a developer's machine; on CI its absence is a failure. */
export function needsData(context: Context): void {
  if (existsSync(join(folder, 'attribution'))) return
  if (process.env['CI'])
    throw new OnnxEngineError('FILE_FAILED', {
      path: folder,
      operation: 'read',
      reason: 'no ground truth; set OPEN_DATANETS_DATA',
    })
  console.warn(`skipped: no ground truth in ${folder}; set OPEN_DATANETS_DATA`)
  context.skip()
}

export const attributionFile = (name: string): Uint8Array => readFileSync(join(folder, 'attribution', name))

/** An array of the ground truth as a tensor of another type. */
export function attributionArray(name: string, dtype: 'float32' | 'int64'): Tensor {
  const { shape, data } = decodeNpy(attributionFile(name))
  return tensor(dtype, shape, Array.from(data as Float32Array, Number))
}
