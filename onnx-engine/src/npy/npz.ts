import { unzipSync, zipSync, type ZippableFile } from 'fflate'
import { decodeNpy } from './decode'
import { encodeNpy } from './encode'
import { malformed, naming } from './faults'
import type { NpyArray } from './npyArray'

const SUFFIX = '.npy'
/** The first moment that a ZIP file can hold: equal arrays give equal bytes. */
const NO_TIME = '1980-01-01T00:00:00'
const DEFLATE_LEVEL = 6

export interface EncodeNpzOptions {
  /** Deflates, as np.savez_compressed does. Default false, as np.savez. */
  readonly compress?: boolean
}

/**
 * Reads the arrays of an NPZ file by their names, in the order of the file (np.savez, np.savez_compressed).
 * @throws OnnxEngineError MALFORMED_NPY or UNSUPPORTED_NPY, which name the array
 */
export function decodeNpz(bytes: Uint8Array): Map<string, NpyArray> {
  return new Map(
    Object.entries(unzipped(bytes)).map(([file, content]) => {
      const name = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : file
      return [name, naming(` of "${name}"`, () => decodeNpy(content))]
    }),
  )
}

/** Writes arrays as NPZ, which np.load reads. Throws as encodeNpy does, naming the array. */
export function encodeNpz(
  arrays: ReadonlyMap<string, NpyArray>,
  { compress = false }: EncodeNpzOptions = {},
): Uint8Array {
  const level = compress ? DEFLATE_LEVEL : 0
  const files: Record<string, ZippableFile> = {}
  for (const [name, array] of arrays)
    files[name + SUFFIX] = [naming(` of "${name}"`, () => encodeNpy(array)), { level, mtime: NO_TIME }]
  return zipSync(files)
}

function unzipped(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes)
  } catch (error) {
    return malformed('archive', String(error), 'a ZIP file; write it with np.savez')
  }
}
