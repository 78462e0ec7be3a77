import { expect } from 'chai'
import { dataLength } from 'ethers'
import hre, { artifacts } from 'hardhat'

/** Bytes of code at an address, at most. */
const BARS: Record<string, number> = { RewardVault: 2_500, OpenToken: 10_000 }
const EVERY = 18_000

describe('code size', () => {
  // Instrumented code is not the code that is deployed.
  before(function () {
    if (process.env['MUTATION'] === '1' || '__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
  })

  it('of every contract is within its bar', async () => {
    const names = await artifacts.getAllFullyQualifiedNames()
    const ours = names.filter(
      name => name.startsWith('contracts/') && !/^contracts\/(mocks|interfaces)\//.test(name),
    )
    const tooLarge: string[] = []
    for (const name of ours) {
      const { contractName, deployedBytecode } = await artifacts.readArtifact(name)
      const size = dataLength(deployedBytecode)
      if (size > (BARS[contractName] ?? EVERY)) tooLarge.push(`${contractName}: ${size}`)
    }
    expect(ours.length).to.be.greaterThan(20)
    expect(tooLarge).to.deep.equal([])
  })
})
