import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { parseSeedOptions } from '../src/seededNode/seedOptions'

const MAIN = path.join(__dirname, '../src/seededNode/main.ts')

describe('the options of a seeded node', () => {
  it('have defaults that "init" looks for by itself', () => {
    expect(parseSeedOptions([])).to.deep.equal({
      port: 8545,
      fast: false,
      seed: '1',
      epochs: 1,
      operators: 1,
      network: 'seeded',
    })
  })

  for (const [option, value, expected] of [
    ['--operators', '11', 'from 1 to 10'],
    ['--epochs', '0', 'from 1 to 1000'],
    ['--port', '8545.5', 'from 0 to 65535'],
  ] as const) {
    it(`given ${option} ${value}: says what it takes, and starts nothing`, () => {
      const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', MAIN, option, value])
      expect(status).to.equal(1)
      expect(stderr.toString()).to.contain(`got ${value}`).and.to.contain(expected)
    })
  }
})
