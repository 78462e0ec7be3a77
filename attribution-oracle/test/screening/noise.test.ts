import { expect } from 'chai'
import type { NoiseSignal } from '../../src/domain'
import { DEFAULT_SCREENING_RULES } from '../../src/screening'
import { noiseFaults } from '../../src/screening/noise'

const ordinary: NoiseSignal = { lossPerByte: 0.5, baselinePerByte: 1.4, selfInfluence: 2 }

function signalsWith(...odd: NoiseSignal[]): Map<bigint, NoiseSignal> {
  const honest = Array.from({ length: 40 }, (_, index) => ({
    ...ordinary,
    selfInfluence: 2 * (1 + (index % 7) / 10),
  }))
  return new Map([...honest, ...odd].map((signal, index) => [BigInt(index), signal]))
}

describe('noiseFaults', () => {
  it('finds nothing among ordinary files', () => {
    expect(noiseFaults(signalsWith(), DEFAULT_SCREENING_RULES).size).to.equal(0)
  })

  it('calls a file noise that the model predicts no better than token frequencies do', () => {
    const faults = noiseFaults(signalsWith({ ...ordinary, lossPerByte: 1.39 }), DEFAULT_SCREENING_RULES)
    expect([...faults.keys()]).to.deep.equal([40n])
    expect(faults.get(40n)?.reason).to.equal('NOISE')
    expect(faults.get(40n)?.detail).to.contain('0.010 nats')
  })

  it('calls a file noise whose words tell the model no more in their order than in another', () => {
    const signals = new Map([
      [0n, { ...ordinary, order: 0.9 }],
      [1n, { ...ordinary, order: 0.3 }],
    ])
    const faults = noiseFaults(signals, DEFAULT_SCREENING_RULES)
    expect([...faults].map(([id, { reason }]) => `${id} ${reason}`)).to.deep.equal(['1 NOISE'])
    expect(faults.get(1n)?.detail).to.contain('30.0 %')
  })

  it('calls a file an outlier that pulls on the model far harder than its peers', () => {
    const faults = noiseFaults(signalsWith({ ...ordinary, selfInfluence: 500 }), DEFAULT_SCREENING_RULES)
    expect(faults.get(40n)?.reason).to.equal('OUTLIER')
    expect(faults.size).to.equal(1)
  })
})
