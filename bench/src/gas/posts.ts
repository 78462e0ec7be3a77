import {
  Attestor,
  assembleQuorum,
  privateKeySigner,
  type Addresses,
  type Signed,
} from '@open-datanets/attribution-oracle'
import type { Post } from '@open-datanets/attribution-oracle'
import { CHAIN_ID, gasOf } from './anvil'
import { EpochMaker, type Epoch } from './epochs'
import type { Figure } from './figure'
import { fundEmission, type Protocol } from './protocol'

/** The addresses of a system by name. */
export function addressesOf({ system }: Protocol): Addresses {
  const entries = Object.entries(system.record.contracts).map(([name, { address }]) => [name, address])
  return Object.fromEntries(entries) as Addresses
}

/** The words of the first operators for a post, as the first one sends them. */
export async function signed(protocol: Protocol, post: Post): Promise<Signed> {
  const { anvil, system, operators, faults } = protocol
  const others = operators.slice(1, 1 + faults)
  const attestations = []
  for (const { privateKey } of others) {
    const attestor = new Attestor(
      anvil.provider,
      privateKeySigner(privateKey),
      CHAIN_ID,
      addressesOf(protocol),
    )
    attestations.push(await attestor.attest(post))
  }
  const digest = await system.attributionOracle.attestationDigest(post)
  const members = operators.map(({ address }) => address)
  return assembleQuorum({ members, faults }, members[0]!, digest, attestations)
}

export async function postEpoch(protocol: Protocol, { post }: Epoch): Promise<number> {
  const { signers, signatures } = await signed(protocol, post)
  return gasOf(oracleOf(protocol).post(post, signers, signatures))
}

export async function finalizeEpoch(protocol: Protocol, { post }: Epoch): Promise<number> {
  const { signers } = await signed(protocol, post)
  await passWindow(protocol)
  return gasOf(oracleOf(protocol).finalize(post, signers))
}

/** Pays an emission, opens the next epoch and settles it. */
export async function nextEpoch(protocol: Protocol, maker: EpochMaker, last: Epoch): Promise<Epoch> {
  const { anvil, system, manager } = protocol
  await fundEmission(anvil, system)
  const next = await maker.settle(last.post.epoch + 1, last)
  await gasOf(system.attributionOracle.connect(manager).openEpoch(next.post.epoch, next.post.configDigest))
  return next
}

export interface Posted {
  readonly figures: Figure[]
  /** the epoch that is final in the end */
  readonly last: Epoch
}

/** Post and finalize from the first epoch to the steady state, as two transactions and as one. */
export async function postFigures(protocol: Protocol, maker: EpochMaker, who: string): Promise<Posted> {
  const { system, faults, manager } = protocol
  const bar = faults === 0 ? 80_000 : 120_000
  const first = await maker.settle(1)
  await gasOf(system.attributionOracle.connect(manager).openEpoch(1, first.post.configDigest))
  const firstGas = (await postEpoch(protocol, first)) + (await finalizeEpoch(protocol, first))
  let last = await nextEpoch(protocol, maker, first)
  await postEpoch(protocol, last)
  await finalizeEpoch(protocol, last)
  last = await nextEpoch(protocol, maker, last)
  const post = await postEpoch(protocol, last)
  const finalize = await finalizeEpoch(protocol, last)

  const pending = await nextEpoch(protocol, maker, last)
  await postEpoch(protocol, pending)
  const next = await nextEpoch(protocol, maker, pending)
  const [before, after] = [await signed(protocol, pending.post), await signed(protocol, next.post)]
  await passWindow(protocol)
  const advance = await gasOf(
    oracleOf(protocol).advance(pending.post, before.signers, next.post, after.signers, after.signatures),
  )
  await finalizeEpoch(protocol, next)
  return {
    figures: [
      { name: `post, ${who}`, value: post },
      { name: `finalize, ${who}`, value: finalize },
      { name: `post + finalize, ${who}, two transactions`, value: post + finalize, bar },
      { name: `post + finalize, ${who}, one transaction (advance)`, value: advance, bar },
      { name: `post + finalize, ${who}, first epoch of all`, value: firstGas },
    ],
    last: next,
  }
}

async function passWindow({ anvil, system }: Protocol): Promise<void> {
  await anvil.pass(Number(await system.attributionOracle.challengeWindow()))
}

function oracleOf({ system, operators }: Protocol) {
  return system.attributionOracle.connect(operators[0]!)
}
