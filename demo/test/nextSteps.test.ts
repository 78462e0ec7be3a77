import { expect } from 'chai'
import { HDNodeWallet } from 'ethers'
import { nextSteps } from '../src/seededNode/nextSteps'

const USUAL = { url: 'http://127.0.0.1:8545', network: 'seeded' }
const operators = Array.from({ length: 4 }, () => HDNodeWallet.createRandom())

describe('what a seeded node tells to type next', () => {
  it('is two commands for one operator, who finds the chain by itself where it usually is', () => {
    const [first] = operators
    expect(nextSteps(USUAL, [first!])).to.deep.equal(['npm run oracle -- init && npm run oracle -- run'])
    const [elsewhere] = nextSteps({ url: 'http://127.0.0.1:9545', network: 'other' }, [first!])
    expect(elsewhere).to.include('init --rpc-url http://127.0.0.1:9545 --deployment other &&')
  })

  it('gives each of several a key, a port, a folder, and all the others as peers', () => {
    const text = nextSteps(USUAL, operators).join('\n')
    const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found!)
    expect(all(/OPERATOR_KEY=(\w+)/g)).to.deep.equal(operators.map(({ privateKey }) => privateKey))
    const ports = all(/HTTP_PORT=(\d+)/g)
    expect(new Set(ports).size).to.equal(operators.length)
    for (const [i, peers] of all(/PEERS=(\S+)/g).entries())
      expect(peers.split(',').map(url => new URL(url).port)).to.have.members(
        ports.filter((_, seat) => seat !== i),
      )
    expect(new Set(all(/init --config (\S+)/g)).size).to.equal(operators.length)
    expect(all(/run --config (\S+)/g)).to.deep.equal(all(/init --config (\S+)/g))
  })
})
