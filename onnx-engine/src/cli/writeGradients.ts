import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Loss, PassOutput } from '../differentiate/options'
import { writeArray } from '../files/arrays'
import { replaceFiles } from '../files/fileSystem'

const LONGEST = 200

/**
 * A file name for any parameter name: letters, digits, `.`, `_` and `-` as they are, all other bytes of its UTF-8 form
 * as %XX, and a first dot too.
 */
export function fileNameOf(parameter: string): string {
  const encoded = [...Buffer.from(parameter, 'utf8')]
    .map((byte, i) => {
      const character = String.fromCharCode(byte)
      const plain = /[A-Za-z0-9._-]/.test(character) && !(i === 0 && character === '.')
      return plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
  return `${encoded}.npy`
}

/** Writes losses.npy, an NPY file per parameter and index.json; returns the number of parameters. */
export async function writeGradients(
  folder: string,
  loss: Loss,
  result: PassOutput,
  perSample: boolean,
): Promise<number> {
  await mkdir(folder, { recursive: true })
  const count = result.loss.length
  await writeArray(join(folder, 'losses.npy'), { shape: [count], dtype: 'float64', data: result.loss })
  const entries = []
  for (const [name, { dims, dtype, data }] of result.gradients!) {
    const file = shortened(fileNameOf(name), entries.length)
    await writeArray(join(folder, file), {
      shape: dims,
      dtype: dtype === 'float64' ? 'float64' : 'float32',
      data: data as Float32Array,
    })
    entries.push({ name, dims: perSample ? dims.slice(1) : dims, file })
  }
  const index = {
    format: 'open-datanets/gradients',
    version: 1,
    loss: loss.kind,
    reduction: perSample ? 'per-sample' : 'mean',
    samples: count,
    parameters: entries,
  }
  const text = Buffer.from(`${JSON.stringify(index, undefined, 2)}\n`)
  await replaceFiles([{ path: join(folder, 'index.json'), pieces: [text] }])
  return entries.length
}

/** File systems end at 255 bytes; a number keeps cut names apart, and `losses.npy` free. */
function shortened(file: string, number: number): string {
  if (file === 'losses.npy') return `losses.${number}.npy`
  return file.length <= LONGEST ? file : `${file.slice(0, LONGEST)}.${number}.npy`
}
