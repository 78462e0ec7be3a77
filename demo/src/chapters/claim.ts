import { claimRewards, type Claimed } from '../../../scripts/claimRewards'
import { readClaimsFile, type ClaimsFile } from '../../../scripts/claimsFile'
import type { Stage, World } from '../world'
import type { Attribution } from './attribute'
import type { Corpus } from './contribute'

export interface Claims {
  file: ClaimsFile
  byAccount: ReadonlyMap<string, Claimed>
}

/** Every holder with something to claim runs the script that holders run. */
export async function claim(
  world: World,
  stage: Stage,
  corpus: Corpus,
  { claims }: Attribution,
): Promise<Claims> {
  const file = await readClaimsFile(claims)
  const byAccount = new Map<string, Claimed>()
  const progress = world.terminal.progress('claiming')
  const holders = corpus.contributors.filter(
    ({ account }) => (file.accounts[account]?.epochAmount ?? 0n) > 0n,
  )
  for (const [index, { account, contributorIndex }] of holders.entries()) {
    const wallet = world.roles.contributor(
      corpus.contributors.findIndex(each => each.contributorIndex === contributorIndex),
    )
    const claimed = await claimRewards(stage.system.rewardVault.connect(wallet), stage.system.token, {
      claims,
    })
    world.gas.add('claim', claimed.gasUsed)
    byAccount.set(account, claimed)
    progress.update(index + 1, holders.length)
  }
  progress.stop()
  world.terminal.fact(
    `${holders.length} holders claimed with one proof each; who earned nothing has nothing to claim`,
  )
  return { file, byAccount }
}
