import { Inspector, type EndpointFacts } from '../../chain'
import type { Config } from '../../config'
import { attempt, fail, pass, warn, type Check } from './check'

const LAG_BLOCKS = 8
const SKEW_SECONDS = 60
const LOG_RANGE = 2_000
const LOCAL_CHAINS = [31_337, 1_337]

export interface ChainView {
  checks: readonly Check[]
  /** of the first endpoint that answers for the right chain */
  inspector: Inspector | undefined
  facts: EndpointFacts | undefined
}

/** Every endpoint: does it answer, is it of this chain, is it behind; then contracts, events and the clock. */
export async function checkChain(config: Config): Promise<ChainView> {
  const checks: Check[] = []
  const seen: { inspector: Inspector; facts: EndpointFacts }[] = []
  for (const [place, url] of config.rpcUrls.entries()) {
    const inspector = new Inspector(url, config.rpcTimeoutMs)
    const name = `rpc ${place + 1} ${hostOf(url)}`
    const found = await attempt(name, 'check the URL of the endpoint, or take another one', async () => {
      const facts = await inspector.endpoint()
      const verdict = judge(name, facts, config)
      if (verdict.status !== 'FAIL') seen.push({ inspector, facts })
      return verdict
    })
    checks.push(...found)
    if (seen.at(-1)?.inspector !== inspector) inspector.close()
  }
  const [first] = seen
  if (!first) return { checks, inspector: undefined, facts: undefined }
  checks.push(...laggards(seen.map(({ facts }) => facts)))
  for (const { inspector } of seen.slice(1)) inspector.close()
  checks.push(...(await checkContracts(config, first.inspector)))
  checks.push(...(await checkEvents(config, first)))
  checks.push(clock(config, first.facts))
  return { checks, ...first }
}

/** The host alone: the rest of a URL is often a key. */
export function hostOf(url: string): string {
  return new URL(url).host
}

function judge(name: string, facts: EndpointFacts, { chainId, genesisHash }: Config): Check {
  if (facts.chainId !== chainId)
    return fail(name, `it serves chain ${facts.chainId}`, `use an endpoint of chain ${chainId}`)
  if (genesisHash !== undefined && facts.genesisHash !== genesisHash) {
    const says = `its chain began with ${facts.genesisHash}, ours with ${genesisHash}`
    const fix =
      'use an endpoint of our chain; after a local node was started anew, run "init" in an empty folder'
    return fail(name, says, fix)
  }
  if (facts.finalized < 0)
    return fail(name, 'it knows no finalized block', 'use an endpoint that answers for the tag "finalized"')
  return pass(name, `chain ${facts.chainId}, block ${facts.head}, finalized ${facts.finalized}`)
}

function laggards(facts: readonly EndpointFacts[]): Check[] {
  if (facts.length < 2) return []
  const heads = facts.map(({ head }) => head)
  const lag = Math.max(...heads) - Math.min(...heads)
  if (lag <= LAG_BLOCKS) return [pass('rpc lag', `endpoints are within ${lag} blocks`)]
  return [warn('rpc lag', `one endpoint is ${lag} blocks behind`, 'it is left out until it has caught up')]
}

function checkContracts(config: Config, inspector: Inspector): Promise<readonly Check[]> {
  return attempt('contracts', 'try again when the endpoint answers', async () => {
    const missing = await inspector.withoutCode(addressesOf(config))
    if (missing.length === 0) return pass('contracts', 'all ten have code')
    const fix = 'use the deployment record of this chain; a local chain that was started anew has none of it'
    return fail('contracts', `no code at ${missing.join(', ')}`, fix)
  })
}

/** Old blocks have to be there, and events of a few thousand blocks in one answer. */
function checkEvents(
  config: Config,
  { inspector, facts }: { inspector: Inspector; facts: EndpointFacts },
): Promise<readonly Check[]> {
  const { startBlock } = config
  const fix = 'use an archive endpoint: events since the first contract are needed'
  return attempt('events', fix, async () => {
    const to = Math.min(startBlock + LOG_RANGE, facts.finalized)
    if (to < startBlock)
      return warn('events', `block ${startBlock} is not final yet`, 'wait for the deployment to be final')
    const count = await inspector.eventsFrom(addressesOf(config), startBlock, to)
    return pass('events', `${count} in blocks ${startBlock} to ${to}, in one answer`)
  })
}

function clock({ chainId }: Config, { time }: EndpointFacts): Check {
  const ahead = time - Math.floor(Date.now() / 1000)
  const away = `the latest block is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's clock`
  if (Math.abs(ahead) <= SKEW_SECONDS) return pass('clock', away)
  const local = 'a local chain: its clock was moved, which harms nothing'
  const fix = 'set this clock by NTP, or take an endpoint that follows the chain'
  return warn('clock', away, LOCAL_CHAINS.includes(chainId) ? local : fix)
}

export function addressesOf(config: Config) {
  const { datanetRegistry, modelRegistry, inferencePayments, rewardEscrow, rewardVault } = config
  const { attributionOracle, operatorSet, fraudProofs, settlementProofs, pageDemands } = config
  return {
    ...{ datanetRegistry, modelRegistry, inferencePayments, rewardEscrow, rewardVault },
    ...{ attributionOracle, operatorSet, fraudProofs, settlementProofs, pageDemands },
  }
}
