import { setBalance } from '@nomicfoundation/hardhat-network-helpers'
import { Wallet, id } from 'ethers'
import { ethers } from 'hardhat'

export const OPEN = 10n ** 18n
export const DAY = 86_400

const GAS_MONEY = 1_000n * 10n ** 18n

/** Whom the operators are: ten seats, of which three may lie. */
export const SEATS = 10
export const FAULTS = 3
export const HOLDERS = 1_000

/** An account of the story by its name, with money for gas. */
async function person(name: string): Promise<Wallet> {
  const wallet = new Wallet(id(`the life of the protocol: ${name}`), ethers.provider)
  await setBalance(wallet.address, GAS_MONEY)
  return wallet
}

async function people(name: string, count: number): Promise<readonly Wallet[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => person(`${name} ${i}`)))
}

/** Everybody who takes part. Nobody of them has a right that the protocol did not give. */
export async function cast() {
  return {
    deployer: await person('deployer'),
    guardian: await person('guardian'),
    epochManager: await person('epoch manager'),
    committee: await people('committee', 3),
    /** Gets the liquidity part of the genesis, and hands working money to the others. */
    market: await person('market'),
    foundation: await person('foundation'),
    investors: await people('investor', 2),
    team: await person('team'),
    operators: await people('operator', SEATS),
    /** Who take the seats of all liars but one, who bonds anew. */
    newOperators: await people('new operator', FAULTS),
    datanetOwners: await people('datanet owner', 3),
    builders: await people('builder', 2),
    server: await person('server'),
    /** Contributor index i is holder i. */
    holders: await people('holder', HOLDERS),
    /** Where some holders let their rewards be paid. */
    coldWallet: await person('cold wallet'),
    /** The only one who may claim for some holders. */
    claimer: await person('claimer'),
    depositor: await person('depositor'),
    directPayer: await person('direct payer'),
    signingPayer: await person('signing payer'),
    walletKey: await person('key of the wallet contract'),
    challenger: await person('challenger'),
    accuser: await person('accuser'),
    defender: await person('defender'),
    crowd: await people('crowd', 2),
    /** Sends what anyone may send. */
    anyone: await person('anyone'),
  }
}

export type Cast = Awaited<ReturnType<typeof cast>>
