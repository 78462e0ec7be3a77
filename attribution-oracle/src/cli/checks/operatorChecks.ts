import type { Inspector, OperatorFacts } from '../../chain'
import type { Config } from '../../config'
import { EXIT } from '../../exitCode'
import { addressesOf } from './chainChecks'
import { attempt, fail, pass, warn, type Check } from './check'

const OPEN = 10n ** 18n
/** Gas of a post with the signatures of others, a challenge and a finalization, with room. */
const GAS_OF_AN_EPOCH = 1_000_000n
const GWEI = 10n ** 9n

/** Membership, bond and balance of the configured account. */
export async function checkOperator(
  config: Config,
  inspector: Inspector | undefined,
  address: string | undefined,
): Promise<readonly Check[]> {
  if (address === undefined) return [withoutKey(config)]
  if (!inspector) return [pass('key', address)]
  const checks = await attempt('operator', 'try again when the endpoint answers', async () => {
    const facts = await inspector.operator(addressesOf(config), address)
    const member = config.mode === 'operator' ? [membership(facts, config), bond(facts)] : []
    return [...member, balance(facts, config)]
  })
  return [pass('key', address), ...checks]
}

function withoutKey({ mode }: Config): Check {
  if (mode === 'verifier')
    return pass('key', 'none: posts are recomputed, wrong ones are reported and not challenged')
  return warn('key', 'none: a dry run', 'make one with "keys new", or set signerUrl; see docs/oracle.md')
}

function membership({ address, place, operators, epoch, faults }: OperatorFacts, { peers }: Config): Check {
  if (place < 0) {
    const says = `${address} is none of the ${operators} operators of epoch ${epoch}`
    return fail('operator', says, 'ask governance to add it, or use mode "verifier"')
  }
  const says = `number ${place + 1} of ${operators} in epoch ${epoch}; a post needs ${faults + 1} of them`
  if (peers.length >= faults) return pass('operator', says)
  const fix = `set peers to the APIs of the others, of ${faults} at least; or exchange words by hand with "epoch sign"`
  return warn('operator', `${says}, and ${peers.length} peers are set`, fix)
}

function bond({ active, bond, minimumBond }: OperatorFacts): Check {
  const says = `${bond / OPEN} OPEN, ${minimumBond / OPEN} are needed`
  if (active) return pass('bond', says)
  const fix = `npx hardhat operator:bond --amount ${minimumBond - bond > 0n ? minimumBond - bond : 0n}`
  return fail('bond', `${says}; the account is not active`, fix)
}

function balance({ balance }: OperatorFacts, { maxFeeGwei }: Config): Check {
  const needed = GAS_OF_AN_EPOCH * BigInt(Math.ceil(maxFeeGwei)) * GWEI
  const says = `${ether(balance)} ETH; an epoch at the fee cap costs up to ${ether(needed)}`
  if (balance === 0n) return fail('balance', says, 'send ETH to the account', EXIT.notYet)
  return balance < needed ? warn('balance', says, 'send ETH to the account') : pass('balance', says)
}

function ether(wei: bigint): string {
  return (Number(wei / 10n ** 12n) / 1e6).toFixed(3)
}
