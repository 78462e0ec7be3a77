import {
  fromHex,
  loadKeccak,
  openTreeFile,
  publishedFiles,
  rootOfProof,
  treeDomains,
} from '@open-datanets/attribution-oracle'
import { addressAt, LEAF_BYTES, packedAccounts } from '../ledgerTree/accounts'

const ROUNDS = 5
const PROOFS = 50_000
const CACHE_BYTES = 256 * 1024 * 1024

/** Proofs a second, of processor time and by the clock, from addresses that are in no order, each checked before it is counted. */
async function main([folder = '', leaves = '', vault = '']: readonly string[]): Promise<void> {
  const count = Number(leaves)
  const keccak = await loadKeccak()
  const packed = packedAccounts(count)
  const domains = treeDomains(keccak, 31337, vault, 1)
  const started = performance.now()
  const { file, close } = await openTreeFile(publishedFiles(folder, 1).tree, keccak, domains, CACHE_BYTES)
  const opened = performance.now() - started
  const addresses = Array.from({ length: PROOFS }, (_, i) =>
    fromHex(addressAt(packed, (i * 7919 + 13) % count)),
  )
  const [rounds, clock]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    const [from, started] = [process.cpuUsage(), performance.now()]
    for (const address of addresses) file.find(address)
    const { user, system } = process.cpuUsage(from)
    rounds.push((1e6 * PROOFS) / (user + system))
    clock.push((1e3 * PROOFS) / (performance.now() - started))
  }
  // what was counted were proofs: a sample leads to the root by the long way
  const preimage = new Uint8Array(32 + LEAF_BYTES)
  preimage.set(domains.Ledger)
  for (const address of addresses.slice(0, 1000)) {
    const { index, proof } = file.find(address)!
    preimage.set(packed.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES), 32)
    if (rootOfProof(keccak, keccak(preimage).slice(0, 24), index, proof) !== file.header.ledgerRoot)
      process.exit(1)
  }
  close()
  process.send?.({ opened, rounds, clock })
}

void main(process.argv.slice(2))
