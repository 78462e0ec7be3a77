import { malformed, unsupported } from './faults'
import { npyTypes, type NpyTypeFacts } from './npyArray'

export interface NpyHeader {
  readonly type: NpyTypeFacts
  readonly isBigEndian: boolean
  readonly isFortran: boolean
  readonly shape: readonly number[]
  /** Where the elements begin. */
  readonly start: number
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** Kinds of NumPy types that we do not read, and what a user can do about it. */
const otherKinds: Readonly<Record<string, readonly [string, string]>> = {
  O: [
    'Python objects (a pickle, which could run code)',
    'save numbers: np.save(f, np.asarray(a, np.float32))',
  ],
  V: ['a structured or void type', 'save each field as an array of its own'],
  c: ['complex numbers', 'save a.real and a.imag'],
  S: ['byte strings', 'save numbers, for texts their token ids'],
  a: ['byte strings', 'save numbers, for texts their token ids'],
  U: ['texts', 'save numbers, for texts their token ids'],
  M: ['dates', 'save them as numbers: a.astype(np.int64)'],
  m: ['time spans', 'save them as numbers: a.astype(np.int64)'],
  f: ['floats wider than 64 bits', 'save a.astype(np.float64)'],
}

function field(text: string, name: string, pattern: string): string {
  const found = new RegExp(`['"]${name}['"]\\s*:\\s*(${pattern})`).exec(text)
  return found?.[1] ?? malformed('header', text.trim().slice(0, 120), `an entry '${name}'`)
}

function readType(text: string): { type: NpyTypeFacts; isBigEndian: boolean } {
  const description = field(text, 'descr', `'[^']*'|"[^"]*"|\\[[^]*?\\]`)
  if (description.startsWith('[')) unsupported('dtype', description, otherKinds.V![1])
  const [, order, code] = /^['"]([<>|=]?)([^]*)['"]$/.exec(description)!
  const type = npyTypes.find(known => known.code === code)
  if (type) return { type, isBigEndian: order === '>' }
  const [what, advice] = otherKinds[code!.charAt(0)] ?? ['a type that we do not know', 'save it as float32']
  return unsupported('dtype', `${description}, ${what}`, advice)
}

function readShape(text: string): number[] {
  const sizes = field(text, 'shape', '\\([^)]*\\)').slice(1, -1).split(',')
  // One size is written "(3,)"; Python 2 wrote "3L".
  const written = sizes.map(size => size.trim()).filter((size, i) => size !== '' || i < sizes.length - 1)
  return written.map(size => {
    const value = Number(size.replace(/L$/, ''))
    return /^\d+L?$/.test(size) && Number.isSafeInteger(value)
      ? value
      : malformed('shape', `(${sizes.join(',')})`, 'sizes from 0')
  })
}

/** Reads the header of NPY version 1, 2 or 3. Source: numpy.lib.format. */
export function readHeader(bytes: Uint8Array): NpyHeader {
  if (MAGIC.some((byte, i) => bytes[i] !== byte))
    malformed(
      'file',
      bytes.length === 0 ? 'no bytes' : `bytes ${Buffer.from(bytes.subarray(0, 6)).toString('hex')}`,
      'an NPY file, which begins with 934e554d5059; write it with np.save',
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[6] ?? 0
  if (version < 1 || version > 3) malformed('version', `${version}`, '1, 2 or 3')
  const begin = version === 1 ? 10 : 12
  if (bytes.length < begin) malformed('header', `${bytes.length} bytes`, `at least ${begin}`)
  const start = begin + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (bytes.length < start) malformed('header', `${bytes.length} bytes`, `${start}: the file is cut off`)
  const encoding = version === 3 ? 'utf8' : 'latin1'
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + begin, start - begin).toString(encoding)
  return {
    ...readType(text),
    isFortran: field(text, 'fortran_order', 'True|False') === 'True',
    shape: readShape(text),
    start,
  }
}

/** NumPy aligns the elements to this many bytes, so that they can be mapped. */
const ALIGNMENT = 64

/** The header of version 1, or of version 2 where the shape is too long for that. */
export function writeHeader({ code, bytes }: NpyTypeFacts, shape: readonly number[]): Uint8Array {
  const order = bytes === 1 ? '|' : '<'
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${sizes}), }`
  const isLong = text.length + 1 + ALIGNMENT > 0xffff
  const begin = isLong ? 12 : 10
  const length = Math.ceil((begin + text.length + 1) / ALIGNMENT) * ALIGNMENT - begin
  const header = Buffer.alloc(begin + length, ' ')
  header.set([...MAGIC, isLong ? 2 : 1, 0])
  if (isLong) header.writeUInt32LE(length, 8)
  else header.writeUInt16LE(length, 8)
  header.write(text, begin, 'latin1')
  header.write('\n', header.length - 1, 'latin1')
  return header
}
