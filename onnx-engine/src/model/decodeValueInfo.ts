import { dtypeOfOnnx, dtypes, onnxTypeName } from './dtypes'
import { opaqueValue } from './opaque'
import type { Dim, DType, KeptValueInfo, ValueInfo } from './types'
import { eachField, type WireReader } from './wireReader'

/** The other members of TypeProto, by field. */
const otherTypes: Readonly<Record<number, string>> = {
  4: 'a sequence',
  5: 'a map',
  7: 'an opaque type',
  8: 'a sparse tensor',
  9: 'an optional value',
}

/** Reads a ValueInfoProto; one that is no tensor of known type and rank is kept as it came. */
export function readValueInfo(reader: WireReader): ValueInfo {
  let name = ''
  let dtype: DType | undefined
  let dims: Dim[] | undefined
  let got = 'no type'
  const kept: { -readonly [K in keyof KeptValueInfo]?: KeptValueInfo[K] | undefined } = {}
  const readTensorType = (type: WireReader): void => {
    let onnx = 0
    kept.tensor = eachField(type, {
      1: field => (onnx = type.number(field)),
      2: field => {
        const shape = readShape(type.message(field, `shape of "${name}"`), name)
        dims = shape.dims
        kept.shape = shape.keptShape
        kept.dims = shape.keptDims
      },
    })
    dtype = dtypeOfOnnx(onnx)
    got = dtype ? 'no shape' : onnxTypeName(onnx)
  }
  kept.info = eachField(reader, {
    1: field => (name = reader.string(field)),
    2: field => {
      const type = reader.message(field, `type of "${name}"`)
      const others = Object.entries(otherTypes).map(([number, what]): [string, () => void] => [
        number,
        () => (got = what),
      ])
      kept.type = eachField(type, {
        1: inner => readTensorType(type.message(inner, `tensor type of "${name}"`)),
        ...Object.fromEntries(others.map(([number, say]) => [number, skipping(type, say)])),
      })
    },
  })
  if (!dtype || !dims)
    return opaqueValue(name, new Uint8Array(reader.all), {
      what: `type of "${name}"`,
      got,
      expected: `a tensor of ${Object.keys(dtypes).join(', ')} with a rank`,
    })
  const found = Object.entries(kept).filter(([, value]) => value !== undefined)
  return { name, dtype, dims, ...(found.length > 0 && { kept: Object.fromEntries(found) }) }
}

const skipping =
  (reader: WireReader, then: () => void) =>
  (field: Parameters<WireReader['skip']>[0]): void => {
    reader.skip(field)
    then()
  }

function readShape(
  reader: WireReader,
  owner: string,
): { dims: Dim[]; keptShape: Uint8Array | undefined; keptDims: (Uint8Array | undefined)[] | undefined } {
  const dims: Dim[] = []
  const keptDims: (Uint8Array | undefined)[] = []
  const keptShape = eachField(reader, {
    1: field => {
      const nested = reader.message(field, `dimension of "${owner}"`)
      const unnamed = `?${owner}.${dims.length}`
      let dim: Dim = unnamed
      const kept = eachField(nested, {
        // Some exporters write -1 for a size that they do not know.
        1: inner => (dim = Math.max(-1, nested.number(inner))),
        2: inner => (dim = nested.string(inner) || unnamed),
      })
      dims.push((dim as Dim) === -1 ? unnamed : dim)
      keptDims.push(kept)
    },
  })
  return { dims, keptShape, keptDims: keptDims.some(kept => kept) ? keptDims : undefined }
}
