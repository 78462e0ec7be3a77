import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { OnnxEngineError } from '../errors'
import { encodeModel, type ExternalPlace } from '../model/encode'
import type { Model, Tensor } from '../model/types'
import { replaceFiles } from './fileSystem'

export interface WriteModelOptions {
  /** Initializers of more bytes than this go to `<file>.data`; all stay inside when absent. */
  readonly externalData?: number
}

/** Offsets are multiples of a page, so that ONNX Runtime maps the weights instead of reading them. */
const PAGE = 4096
/** No protobuf may be longer. */
const MOST_BYTES = 2 ** 31 - 1

const bytesOf = ({ data }: Tensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/**
 * Writes an ONNX file, with big initializers in a file beside it where asked for. Both files are complete before either
 * takes its name, and the model states the data's checksum, so that a mixture of old and new is noticed when it is read.
 * @throws OnnxEngineError FILE_FAILED, or INVALID_ARGUMENT for a model of more than 2 GiB without external data
 */
export async function writeModelFile(
  path: string,
  model: Model,
  { externalData = Infinity }: WriteModelOptions = {},
): Promise<void> {
  const outside = [...model.graph.initializers].filter(
    ([, tensor]) => !tensor.opaque && tensor.dtype !== 'string' && tensor.data.byteLength > externalData,
  )
  const inside = [...model.graph.initializers.values()].reduce(
    (sum, tensor) => sum + (tensor.opaque ? tensor.opaque.message : tensor.data).byteLength,
    -outside.reduce((sum, [, tensor]) => sum + tensor.data.byteLength, 0),
  )
  if (inside > MOST_BYTES)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `weights inside ${path}`,
      got: `${inside} bytes`,
      expected: `at most ${MOST_BYTES}; set externalData`,
    })
  if (outside.length === 0) return replaceFiles([{ path, pieces: [encodeModel(model)] }])

  const location = `${basename(path)}.data`
  const checksum = createHash('sha1')
  for (const piece of paged(outside)) checksum.update(piece)
  const external = new Map<string, ExternalPlace>()
  const place = { location, checksum: checksum.digest('hex') }
  let offset = 0
  for (const [name, tensor] of outside) {
    external.set(name, { ...place, offset })
    offset += Math.ceil(tensor.data.byteLength / PAGE) * PAGE
  }
  await replaceFiles([
    { path: `${path}.data`, pieces: paged(outside) },
    { path, pieces: [encodeModel(model, { external })] },
  ])
}

/** The tensors' bytes, each filled up to the next page. */
function* paged(tensors: readonly (readonly [string, Tensor])[]): Generator<Uint8Array> {
  for (const [, tensor] of tensors) {
    const bytes = bytesOf(tensor)
    yield bytes
    yield new Uint8Array((PAGE - (bytes.length % PAGE)) % PAGE)
  }
}
