import { AttributionOracleError } from '../../errors'
import type { Codes, LayerCodes } from './codes'

const MAGIC = 'open-datanets/codes/v1\n'

/**
 * Canonical bytes, little-endian: the magic line; u32 samples, u32 layers; per layer u32 name length, UTF-8 name,
 * u32 inWidth, outWidth, positions; then one record per sample.
 */
export function encodeCodes(codes: Codes): Uint8Array {
  const header = Buffer.concat([Buffer.from(MAGIC), u32(codes.count), layoutBytes(codes.layers)])
  const size = recordSize(codes.layers)
  const bytes = new Uint8Array(header.length + codes.count * size)
  bytes.set(header)
  for (let sample = 0; sample < codes.count; sample++)
    bytes.set(recordOf(codes, sample), header.length + sample * size)
  return bytes
}

/** The part of the bytes that says how records read. */
export function layoutBytes(layers: readonly LayerCodes[]): Uint8Array {
  const parts = layers.flatMap(layer => {
    const name = Buffer.from(layer.name, 'utf8')
    return [u32(name.length), name, u32(layer.inWidth), u32(layer.outWidth), u32(layer.positions)]
  })
  return Buffer.concat([u32(layers.length), ...parts])
}

/** One sample: u16 doubt; per layer f32 input scale, f32 gradient scale, int8 inputs, int8 gradients. */
export function recordOf(codes: Codes, sample: number): Uint8Array {
  const record = Buffer.alloc(recordSize(codes.layers))
  let at = record.writeUInt16LE(codes.doubts[sample]!)
  for (const layer of codes.layers) {
    at = record.writeFloatLE(layer.inputScales[sample]!, at)
    at = record.writeFloatLE(layer.gradientScales[sample]!, at)
    for (const side of [
      sideOf(layer.inputs, sample, codes.count),
      sideOf(layer.gradients, sample, codes.count),
    ]) {
      record.set(new Uint8Array(side.buffer, side.byteOffset, side.length), at)
      at += side.length
    }
  }
  return record
}

/**
 * The codes of canonical bytes.
 * @throws AttributionOracleError INVALID_DOCUMENT
 */
export function decodeCodes(bytes: Uint8Array): Codes {
  const reader = new Reader(bytes)
  if (reader.text(MAGIC.length) !== MAGIC) throw malformed(`they do not start with ${JSON.stringify(MAGIC)}`)
  const count = reader.u32()
  const layers = Array.from({ length: reader.u32() }, () => readLayout(reader, count))
  const size = recordSize(layers)
  if (reader.left !== count * size)
    throw malformed(`${reader.left} bytes of records where ${count} samples of ${size} bytes are promised`)
  const doubts = new Uint16Array(count)
  for (let sample = 0; sample < count; sample++) {
    doubts[sample] = reader.u16()
    for (const layer of layers) {
      layer.inputScales[sample] = reader.f32()
      layer.gradientScales[sample] = reader.f32()
      for (const side of [layer.inputs, layer.gradients])
        side.set(reader.int8(side.length / count), (side.length / count) * sample)
    }
  }
  return { count, layers, doubts }
}

function readLayout(reader: Reader, count: number): LayerCodes {
  const name = reader.text(reader.u32())
  const [inWidth, outWidth, positions] = [reader.u32(), reader.u32(), reader.u32()]
  const bytes = count * positions * (inWidth + outWidth)
  if (bytes > reader.left)
    throw malformed(`layer ${name} promises ${bytes} codes, ${reader.left} bytes are left`)
  return {
    ...{ name, inWidth, outWidth, positions },
    inputs: new Int8Array(count * positions * inWidth),
    inputScales: new Float32Array(count),
    gradients: new Int8Array(count * positions * outWidth),
    gradientScales: new Float32Array(count),
  }
}

function recordSize(layers: readonly LayerCodes[]): number {
  return layers.reduce((sum, layer) => sum + 8 + layer.positions * (layer.inWidth + layer.outWidth), 2)
}

function sideOf(side: Int8Array, sample: number, count: number): Int8Array {
  const width = side.length / count
  return side.subarray(sample * width, (sample + 1) * width)
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function malformed(issue: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `the bytes are no codes: ${issue}` },
    { format: 'open-datanets/codes/v1', issues: [issue] },
  )
}

class Reader {
  #at = 0
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u16(): number {
    return this.#take(2).readUInt16LE()
  }

  u32(): number {
    return this.#take(4).readUInt32LE()
  }

  f32(): number {
    return this.#take(4).readFloatLE()
  }

  text(length: number): string {
    return this.#take(length).toString('utf8')
  }

  int8(length: number): Int8Array {
    const part = this.#take(length)
    return new Int8Array(part.buffer, part.byteOffset, length)
  }

  #take(length: number): Buffer {
    if (length > this.left) throw malformed(`${length} bytes are missing at ${this.#at}`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
