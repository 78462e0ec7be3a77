import { Network, type Provider } from 'ethers'
import { ethers } from 'hardhat'

/** The chain of the tests, under the number of another one. */
export function onChain(chainId: bigint): Provider {
  const getNetwork = () => Promise.resolve(Network.from(chainId))
  return new Proxy<Provider>(ethers.provider, {
    get: (provider, name) => {
      if (name === 'getNetwork') return getNetwork
      const value: unknown = Reflect.get(provider, name)
      return typeof value === 'function' ? value.bind(provider) : value
    },
  })
}
