import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import { fromBfloat16, fromFloat16 } from './float16'

export interface SafetensorsFile {
  /** All as float32, whatever the file stores; sorted by name. */
  tensors: Map<string, Tensor>
  metadata: Record<string, string>
}

/** How a stored type is read; what is not here is refused. */
const storedTypes: Record<string, { width: number; read: (view: DataView, at: number) => number }> = {
  F32: { width: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { width: 2, read: (view, at) => fromFloat16(view.getUint16(at, true)) },
  BF16: { width: 2, read: (view, at) => fromBfloat16(view.getUint16(at, true)) },
}

interface Entry {
  name: string
  dims: number[]
  begin: number
  end: number
  width: number
  read: (view: DataView, at: number) => number
}

function malformed(what: string, got: unknown, expected: string): never {
  throw new OnnxEngineError('MALFORMED_SAFETENSORS', {
    what,
    got: typeof got === 'string' ? got : (JSON.stringify(got) ?? 'nothing'),
    expected,
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function readHeader(file: Buffer): { header: Record<string, unknown>; dataStart: number } {
  if (file.length < 8) malformed('file', `${file.length} bytes`, 'at least 8 bytes')
  const length = file.readBigUInt64LE(0)
  if (length > BigInt(file.length - 8)) malformed('header length', `${length}`, `at most ${file.length - 8}`)
  const dataStart = 8 + Number(length)
  const text = file.toString('utf8', 8, dataStart)
  try {
    const header: unknown = JSON.parse(text)
    if (!isObject(header)) malformed('header', header, 'a JSON object')
    return { header, dataStart }
  } catch (cause) {
    if (cause instanceof SyntaxError) malformed('header', cause.message, 'JSON')
    throw cause
  }
}

function readEntry(name: string, value: unknown): Entry {
  const what = `tensor "${name}"`
  if (!isObject(value)) malformed(what, value, 'an object')
  const { dtype, shape, data_offsets: offsets } = value
  const stored = typeof dtype === 'string' ? storedTypes[dtype] : undefined
  if (stored === undefined)
    malformed(`${what}, dtype`, dtype, `one of ${Object.keys(storedTypes).join(', ')}`)
  if (!Array.isArray(shape) || !shape.every(isSize)) malformed(`${what}, shape`, shape, 'a list of sizes')
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    malformed(`${what}, data_offsets`, offsets, 'two offsets')
  const [begin, end] = offsets as [number, number]
  const bytes = shape.reduce((product, size) => product * size, stored.width)
  if (end - begin !== bytes) malformed(`${what}, data_offsets`, offsets, `a range of ${bytes} bytes`)
  return { name, dims: shape, begin, end, ...stored }
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (!isObject(value) || !Object.values(value).every(text => typeof text === 'string'))
    malformed('__metadata__', value, 'an object of strings')
  return value as Record<string, string>
}

/**
 * Reads safetensors with F32, F16 or BF16 data. Strict: the tensors must tile the data exactly, without a hole, an
 * overlap or a rest, so no byte of the file goes unread. Throws OnnxEngineError MALFORMED_SAFETENSORS.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { header, dataStart } = readHeader(file)
  const { __metadata__: metadata, ...rest } = header
  const entries = Object.entries(rest).map(([name, value]) => readEntry(name, value))

  let covered = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) malformed(`tensor "${name}"`, `data from ${begin}`, `data from ${covered}`)
    covered = end
  }
  if (covered !== file.length - dataStart)
    malformed('data', `${file.length - dataStart} bytes`, `${covered} bytes`)

  const view = new DataView(file.buffer, file.byteOffset + dataStart, covered)
  const tensors = new Map<string, Tensor>()
  for (const { name, dims, begin, end, width, read } of entries.toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const data = new Float32Array((end - begin) / width)
    for (let i = 0; i < data.length; i++) data[i] = read(view, begin + i * width)
    tensors.set(name, { dtype: 'float32', dims, data })
  }
  return { tensors, metadata: readMetadata(metadata) }
}
