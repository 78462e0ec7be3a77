import { expect } from 'chai'
import type { Tensor, Value } from '../../src/index'
import { GraphBuilder, int, tensor } from '../../src/index'
import { ancestorsOf, findParameters } from '../../src/differentiate/graph/parameters'
import { drawn } from './exportedModels'

function found(build: (b: GraphBuilder, of: (name: string, value: Tensor) => Value) => Value): string[] {
  const b = new GraphBuilder('g')
  b.output(
    build(b, (name, value) => b.initializer(name, value)),
    'result',
  )
  return findParameters(b, ancestorsOf(b, 'result'))
}

const one = tensor('float32', [], [1.5])

describe('findParameters', () => {
  it('finds a temperature, behind its Exp, and a vector behind Clip', () => {
    const names = found((b, of) => {
      const x = b.input('x', 'float32', ['B', 4])
      const scaled = b.div(x, b.exp(of('temperature', one)))
      return b.add(scaled, b.op('Clip', [of('shift', drawn('shift', [4])), b.constant(-1), b.constant(1)]))
    })
    expect(names).to.deep.equal(['temperature', 'shift'])
  })

  it('finds what is compared, and a matrix of which a triangle is used', () => {
    const names = found((b, of) => {
      const x = b.input('x', 'float32', ['B', 4])
      const lower = b.op('Trilu', [of('mix', drawn('mix', [4, 4]))], { upper: int(0) })
      return b.op('Max', [b.matMul(x, lower), of('floor', drawn('floor', [4]))])
    })
    expect(names).to.deep.equal(['mix', 'floor'])
  })

  it('takes numbers that an exporter named for constants', () => {
    expect(found((b, of) => b.mul(b.input('x', 'float32', ['B', 4]), of('onnx::Mul_7', one)))).to.deep.equal(
      [],
    )
  })

  it('finds the scale of an RMSNorm that was folded, one more than the parameter', () => {
    for (const divides of [false, true]) {
      const names = found((b, of) => {
        const x = b.input('x', 'float32', ['B', 4])
        const root = b.op('Sqrt', [b.add(b.reduceMean(b.pow(x, 2), [1], true), 1e-6)])
        const normal = divides ? b.div(x, root) : b.mul(x, b.op('Reciprocal', [root]))
        return b.mul(normal, of('onnx::Mul_85', drawn('scale', [4])))
      })
      expect(names).to.deep.equal(['onnx::Mul_85'])
    }
  })

  it('finds scale and shift of a GroupNorm that were folded to [C,1]', () => {
    const names = found((b, of) => {
      const x = b.input('x', 'float32', ['B', 4, 5])
      const [ones, zeros] = [1, 0].map(value => b.constant(tensor('float32', [2], [value, value])))
      const groups = b.op('InstanceNormalization', [b.reshape(x, [0, 2, -1]), ones, zeros])
      const whole = b.reshape(groups, b.shape(x))
      const scaled = b.mul(whole, of('onnx::Mul_26', drawn('scale', [4, 1])))
      return b.add(scaled, of('onnx::Add_27', drawn('shift', [4, 1])))
    })
    expect(names).to.deep.equal(['onnx::Mul_26', 'onnx::Add_27'])
  })

  describe('rows of positions that were folded', () => {
    const added = (rows: Tensor): string[] =>
      found((b, of) => {
        const tokens = b.input('tokens', 'int64', ['B', 2])
        return b.add(b.gather(of('wte.weight', drawn('wte', [7, 4])), tokens), of('onnx::Add_9', rows))
      })

    it('are learnt', () => {
      expect(added(drawn('rows', [2, 4]))).to.deep.equal(['wte.weight', 'onnx::Add_9'])
    })

    it('are a constant where they are sines and cosines', () => {
      const rows = tensor('float32', [2, 4], [0, 1, 0, 1, 0.84, 0.54, 0.01, 0.99])
      expect(added(rows)).to.deep.equal(['wte.weight'])
    })
  })
})
