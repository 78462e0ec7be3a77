import { decodeNpy } from '../npy/decode'
import { encodeNpy } from '../npy/encode'
import { naming } from '../npy/faults'
import { decodeNpz } from '../npy/npz'
import type { NpyArray } from '../npy/npyArray'
import { readBytes, replaceFiles } from './fileSystem'

/** How a ZIP file begins, an empty one included. */
const ZIP = [0x50, 0x4b]

/**
 * Reads an NPY file as one array under the name '', an NPZ file as its arrays by their names; the content decides, not
 * the file's name. Rejects with FILE_FAILED, MALFORMED_NPY or UNSUPPORTED_NPY, which name the file.
 */
export async function readArrays(path: string): Promise<Map<string, NpyArray>> {
  const bytes = await readBytes(path)
  return naming(` in ${path}`, () =>
    ZIP.every((byte, i) => bytes[i] === byte) ? decodeNpz(bytes) : new Map([['', decodeNpy(bytes)]]),
  )
}

/** Writes an NPY file, at once or not at all. Rejects with FILE_FAILED, INVALID_ARGUMENT or PRECISION_EXCEEDED. */
export async function writeArray(path: string, array: NpyArray): Promise<void> {
  await replaceFiles([{ path, pieces: [encodeNpy(array)] }])
}
