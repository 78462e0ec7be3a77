import { HDNodeWallet, type Provider } from 'ethers'
import { MNEMONIC } from '@open-datanets/embedded-chain'

/** The people of the story. Every account comes from the chain's mnemonic, so that a seed meets the same addresses. */
export interface Roles {
  owner: HDNodeWallet
  operator: HDNodeWallet
  liar: HDNodeWallet
  watcher: HDNodeWallet
  builder: HDNodeWallet
  payers: HDNodeWallet[]
  /** Opens epochs, and can do nothing else. */
  epochManager: HDNodeWallet
  /** May cancel a pending root and pause claims for a while. */
  guardian: HDNodeWallet
  /** Vote. */
  holders: HDNodeWallet[]
  contributor(index: number): HDNodeWallet
  /** Any account of the mnemonic. */
  account(index: number): HDNodeWallet
}

export const ACCOUNTS = 40
const FIRST_CONTRIBUTOR = 11

export function castRoles(provider: Provider): Roles {
  const root = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0")
  const at = (index: number): HDNodeWallet => root.deriveChild(index).connect(provider)
  return {
    owner: at(0),
    operator: at(1),
    liar: at(2),
    watcher: at(3),
    builder: at(4),
    payers: [at(5), at(6)],
    epochManager: at(7),
    guardian: at(8),
    holders: [at(9), at(10)],
    contributor: index => at(FIRST_CONTRIBUTOR + index),
    account: at,
  }
}
