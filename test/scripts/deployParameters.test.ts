import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { parseDeployParameters, readDeployParameters } from '../../scripts/deployParameters'
import { isProtocolError, type Fault } from '../../scripts/errors'
import { caught } from './caught'
import { EXAMPLE } from './deployExample'
import { temporaryFolder } from './temporaryFolder'

function faultsOf(value: unknown): readonly Fault[] {
  try {
    parseDeployParameters(value)
  } catch (error) {
    if (isProtocolError(error, 'PARAMETERS_INVALID')) return error.data.faults
    throw error
  }
  return []
}

describe('deployParameters', () => {
  const folder = temporaryFolder()

  async function example(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(EXAMPLE, 'utf8'))
  }

  it('reads the tracked example, amounts as bigint', async () => {
    const { minimumBond, split, emission } = await readDeployParameters(EXAMPLE)
    expect(minimumBond).to.equal(10_000n * 10n ** 18n)
    expect(split.protocolBps + split.stakersBps + split.modelBps).to.be.at.most(10_000)
    expect(emission.budget).to.equal(52n * emission.amountPerEpoch)
  })

  it('takes an address of any case and gives it checksummed', async () => {
    const mixed = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
    expect(parseDeployParameters({ ...(await example()), owner: mixed.toLowerCase() }).owner).to.equal(mixed)
  })

  it('names all faults together, each with what stood there and what should have', async () => {
    const value = {
      ...(await example()),
      version: 2,
      owner: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD',
      operators: ['nobody'],
      minimumBond: 1000,
      split: { protocolBps: 9000, stakersBps: 1000, modelBps: 1 },
      challengeWindow: 10,
      exitDelay: 9,
      colour: 'red',
    }
    const faults = faultsOf(value)
    expect(faults.map(({ name }) => name)).to.have.members([
      'version',
      'owner',
      'operators.0',
      'minimumBond',
      'split',
      'exitDelay',
      'the document',
    ])
    const byName = Object.fromEntries(faults.map(fault => [fault.name, fault]))
    expect(byName['minimumBond']).to.deep.equal({
      name: 'minimumBond',
      got: '1000',
      expected: 'a decimal string of wei',
    })
    expect(byName['exitDelay']?.got).to.equal('9')
    expect(byName['operators.0']?.got).to.equal('"nobody"')
    expect(byName['the document']?.got).to.equal('the keys colour')
  })

  const wrongAmounts = ['-1', '1.5', '01', '1e18', '', (1n << 128n).toString()]
  for (const amount of wrongAmounts) {
    it(`refuses the amount "${amount}"`, async () => {
      const faults = faultsOf({ ...(await example()), minimumBond: amount })
      expect(faults.map(({ name }) => name)).to.deep.equal(['minimumBond'])
    })
  }

  it('takes the greatest amount', async () => {
    const minimumBond = ((1n << 128n) - 1n).toString()
    expect(parseDeployParameters({ ...(await example()), minimumBond }).minimumBond).to.equal(
      (1n << 128n) - 1n,
    )
  })

  it('says which file is not JSON or is not there', async () => {
    const path = join(folder(), 'parameters.json')
    expect((await caught('FILE_UNREADABLE', readDeployParameters(path))).data.path).to.equal(path)
    await writeFile(path, '{"format":')
    const error = await caught('PARAMETERS_INVALID', readDeployParameters(path))
    expect(error.data.faults).to.have.length(1)
    expect(error.message).to.contain(path).and.to.contain('expected JSON')
  })
})
