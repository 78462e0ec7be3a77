import { expect } from 'chai'
import path from 'node:path'
import { parseOptions, SIZES } from '../src/options'
import { startDemo } from './demoProcess'

describe('options', () => {
  it('have defaults for all', () => {
    expect(parseOptions([])).to.deep.equal({
      seed: '1',
      size: 'medium',
      workers: 2,
      out: path.join(__dirname, '../out'),
      json: false,
      keepRunning: false,
    })
  })

  it('are read', () => {
    const argv = '--seed x --size small --workers 7 --out a/b --json --keep-running'.split(' ')
    expect(parseOptions(argv)).to.deep.equal({
      seed: 'x',
      size: 'small',
      workers: 7,
      out: path.resolve('a/b'),
      json: true,
      keepRunning: true,
    })
  })

  it('are all listed by --help', async () => {
    const { code, stdout } = await startDemo('--help').ended
    expect(code).to.equal(0)
    for (const name of Object.keys(parseOptions([]))) {
      expect(stdout).to.contain(`--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} `)
    }
    for (const size of Object.keys(SIZES)) expect(stdout).to.contain(`"${size}"`)
  })

  const refused: [string[], got: string, expected: string][] = [
    [['--size', 'huge'], "'huge' is invalid", 'small, medium, large'],
    [['--workers', '0'], 'got 0', 'expected a whole number from 1 to 99'],
    [['--workers', '1.5'], 'got 1.5', 'expected a whole number from 1 to 99'],
    [['--sise', 'small'], "unknown option '--sise'", '(Did you mean --size?)'],
    [['small'], 'got 1', 'Expected 0'],
  ]
  for (const [args, got, expected] of refused) {
    it(`refuses ${args.join(' ')} before anything runs`, async () => {
      const { code, stdout, stderr } = await startDemo(...args).ended
      expect([code, stdout]).to.deep.equal([1, ''])
      const [message] = stderr.split('\n\n')
      expect(message).to.contain(got)
      expect(stderr).to.contain(expected)
    })
  }
})
