import { expect } from 'chai'
import hre from 'hardhat'

import { isProtocolError } from '../../scripts/errors'
import { checkNetwork, requestedNetwork } from '../../tasks/network'

describe('network', () => {
  describe('requestedNetwork', () => {
    const argv = ['node', 'hardhat', 'epoch:show', '--network', 'demo', '--epoch', '1']

    it('reads --network, wherever it stands', () => {
      expect(requestedNetwork(argv, {})).to.equal('demo')
      expect(requestedNetwork(['node', 'hardhat', '--network', 'demo', 'test'], {})).to.equal('demo')
    })

    it('reads HARDHAT_NETWORK, which --network overrules', () => {
      expect(requestedNetwork(['node', 'hardhat', 'test'], { HARDHAT_NETWORK: 'localhost' })).to.equal(
        'localhost',
      )
      expect(requestedNetwork(argv, { HARDHAT_NETWORK: 'localhost' })).to.equal('demo')
    })

    it('knows no network where none is given', () => {
      expect(requestedNetwork(['node', 'hardhat', 'test'], {})).to.equal(undefined)
      expect(requestedNetwork(['node', 'hardhat', 'test', '--network'], {})).to.equal(undefined)
    })
  })

  describe('checkNetwork', () => {
    const configured = Object.keys(hre.config.networks)

    it('accepts every configured network, and none given', () => {
      for (const name of [...configured, undefined]) checkNetwork(configured, name)
    })

    for (const name of ['mainnet', 'Hardhat', '', '__proto__']) {
      it(`refuses "${name}" and lists what there is`, () => {
        let error: unknown
        try {
          checkNetwork(configured, name)
        } catch (caught) {
          error = caught
        }
        if (!isProtocolError(error, 'NETWORK_UNKNOWN')) return expect.fail(`got ${String(error)}`)
        expect(error.data).to.deep.equal({ got: name, expected: ['hardhat', 'localhost', 'demo'] })
        expect(error.message).to.contain(`got "${name}"; expected one of: hardhat, localhost, demo.`)
      })
    }
  })
})
