import { expect } from 'chai'
import fc from 'fast-check'
import { OnnxEngineError } from '../../src/errors'
import type { Tensor } from '../../src/model/types'
import { decodeSafetensors } from '../../src/safetensors/decode'
import { encodeSafetensors } from '../../src/safetensors/encode'

const tensor = (dims: number[], values: number[]): Tensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(values),
})

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    return error instanceof OnnxEngineError ? error.code : String(error)
  }
}

/** A file from a header as given, with so many bytes of data. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)])
}

describe('safetensors', () => {
  it('round-trips float32 bit for bit, with metadata', () => {
    const anyTensor = fc
      .tuple(fc.nat(4), fc.nat(4))
      .chain(([rows, columns]) =>
        fc
          .array(fc.float(), { minLength: rows * columns, maxLength: rows * columns })
          .map(v => tensor([rows, columns], v)),
      )
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), anyTensor),
        fc.dictionary(fc.string(), fc.string()),
        (tensors, metadata) => {
          delete tensors['__metadata__']
          const back = decodeSafetensors(encodeSafetensors(new Map(Object.entries(tensors)), { metadata }))
          expect(Object.entries(back.metadata).sort()).to.deep.equal(Object.entries(metadata).sort())
          expect(back.tensors.size).to.equal(Object.keys(tensors).length)
          for (const [name, { dims, data }] of back.tensors) {
            expect(dims).to.deep.equal(tensors[name]!.dims)
            expect(Buffer.from(data.buffer)).to.deep.equal(Buffer.from(tensors[name]!.data.buffer))
          }
        },
      ),
    )
  })

  it('gives the same bytes whatever the order of the tensors', () => {
    const [a, b] = [tensor([1], [1]), tensor([2], [2, 3])]
    const forward = encodeSafetensors(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    )
    expect(
      encodeSafetensors(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
    ).to.deep.equal(forward)
  })

  it('keeps a tensor whatever its name', () => {
    const bytes = encodeSafetensors(
      new Map(['__proto__', 'toString', '', '0'].map(name => [name, tensor([1], [1])])),
    )
    expect([...decodeSafetensors(bytes).tensors.keys()]).to.deep.equal(['', '0', '__proto__', 'toString'])
  })

  it('refuses a tensor under the name of the metadata', () => {
    const act = (): unknown => encodeSafetensors(new Map([['__metadata__', tensor([1], [1])]]))
    expect(codeOf(act)).to.equal('INVALID_ARGUMENT')
  })

  it('aligns the data to 8 bytes', () => {
    const bytes = encodeSafetensors(new Map([['x', tensor([1], [1])]]))
    expect(Number(Buffer.from(bytes).readBigUInt64LE(0)) % 8).to.equal(0)
  })

  describe('in float16', () => {
    const stored = (value: number): number =>
      Number(
        decodeSafetensors(
          encodeSafetensors(new Map([['x', tensor([1], [value])]]), { precision: 'F16' }),
        ).tensors.get('x')!.data[0],
      )

    it('rounds to the nearest float16 there is', () => {
      const halves = Array.from({ length: 0x7c00 }, (_, half) => {
        const header = { x: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }
        const bytes = Buffer.from(file(header, 2))
        bytes.writeUInt16LE(half, bytes.length - 2)
        return Number(decodeSafetensors(bytes).tensors.get('x')!.data[0])
      })
      for (let half = 0; half + 1 < halves.length; half++) {
        const [low, high] = [halves[half]!, halves[half + 1]!]
        expect(high).to.be.greaterThan(low)
        expect(stored(low)).to.equal(low)
        if (half % 37 !== 0) continue
        expect(stored((low + high) / 2), `tie above ${low}`).to.equal(half % 2 === 0 ? low : high)
        expect(stored(low + (high - low) * 0.49)).to.equal(low)
        expect(stored(-(low + (high - low) * 0.51))).to.equal(-high)
      }
    }).timeout(20_000)

    it('refuses a value beyond its range', () => {
      expect(stored(65504)).to.equal(65504)
      expect(codeOf(() => stored(65520))).to.equal('PRECISION_EXCEEDED')
      expect(codeOf(() => stored(-Infinity))).to.equal('PRECISION_EXCEEDED')
    })
  })

  it('reads bfloat16', () => {
    const bytes = Buffer.from(file({ x: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, 2))
    bytes.writeUInt16LE(0xc049, bytes.length - 2)
    expect(decodeSafetensors(bytes).tensors.get('x')!.data[0]).to.equal(-3.140625)
  })

  describe('given a malformed file', () => {
    const entry = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({
      dtype: 'F32',
      shape,
      data_offsets: [begin, end],
    })
    const cases: [string, Uint8Array][] = [
      ['nothing', new Uint8Array()],
      ['seven bytes', new Uint8Array(7)],
      ['a header longer than the file', file({}, 0).with(0, 200)],
      ['a header that is no JSON', file('{"x"', 0)],
      ['a header that is no object', file('[]', 0)],
      ['an unknown type', file({ x: { dtype: 'F8', shape: [4], data_offsets: [0, 4] } }, 4)],
      [
        'a type that is an inherited property',
        file({ x: { dtype: 'toString', shape: [4], data_offsets: [0, 4] } }, 4),
      ],
      ['a negative size', file({ x: entry(0, 4, [-1]) }, 4)],
      ['a shape that does not fill its range', file({ x: entry(0, 8, [1]) }, 8)],
      ['offsets in reverse', file({ x: entry(8, 0) }, 8)],
      ['one offset', file({ x: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4)],
      ['an overlap', file({ x: entry(0, 8), y: entry(4, 12) }, 12)],
      ['a hole', file({ x: entry(0, 4), y: entry(8, 12) }, 12)],
      ['bytes after the last tensor', file({ x: entry(0, 4) }, 8)],
      ['a tensor beyond the end', file({ x: entry(0, 8) }, 4)],
      ['metadata that is not text', file({ __metadata__: { rank: 8 } }, 0)],
    ]
    for (const [what, bytes] of cases)
      it(`refuses ${what}`, () =>
        expect(codeOf(() => decodeSafetensors(bytes))).to.equal('MALFORMED_SAFETENSORS'))
  })

  it('refuses to store integers', () => {
    const integers: Tensor = { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) }
    expect(codeOf(() => encodeSafetensors(new Map([['x', integers]])))).to.equal('INVALID_ARGUMENT')
  })
})
