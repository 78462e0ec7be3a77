import { expect } from 'chai'

import { batchClaim, packedClaim } from '../../scripts/claimRewards'
import { toHex } from '../../attribution-oracle/src/settlement'
import type { ClaimsFile } from '../../scripts/claimsFile'
import type { SettledEpoch } from './epochs'
import type { World } from './world'

/** Their rewards go to the cold wallet. */
const REDIRECTED = [20, 21, 22, 700]
/** Only the claimer may claim for them. */
const GUARDED = [30, 31, 900]
const EARLY = 48
/** Runs of neighbours that one proof serves: first index and number. */
const BATCHES: readonly (readonly [first: number, count: number])[] = [
  [0, 256],
  [256, 256],
  [512, 256],
  [768, 128],
]
const FIRST_ALONE = 896

/** Some holders say where their rewards go and who may claim them. */
export async function setRules({ system: { contributorRegistry }, cast }: World): Promise<void> {
  for (const i of REDIRECTED) {
    const holder = cast.holders[i]!
    await contributorRegistry.connect(holder).setPayout(holder, cast.coldWallet)
  }
  for (const i of GUARDED) {
    const holder = cast.holders[i]!
    await contributorRegistry.connect(holder).setClaimer(holder, cast.claimer)
  }
}

/** Some do not wait: they claim what the first epoch gave them. */
export async function claimEarly({ system, cast }: World, epoch: SettledEpoch): Promise<void> {
  const { rewardVault, token } = system
  for (let i = 100; i < 100 + EARLY; i++) {
    const holder = cast.holders[i]!
    const { cumulative, prefix } = epoch.settlement.ledger.leaves[i]!
    await rewardVault.connect(holder).claim(i, holder, cumulative, prefix, proofOf(epoch, i))
    expect(await token.balanceOf(holder)).to.equal(cumulative)
  }
}

/** All thousand are paid: in contiguous batches, packed, alone, and the guarded ones by their claimer. */
export async function claimAll({ system, cast }: World, epoch: SettledEpoch): Promise<void> {
  const { token } = system
  const vault = system.rewardVault.connect(cast.anyone)
  const claims = claimsOf(system, epoch)
  for (const [first, count] of BATCHES) {
    await expect(
      vault.claimBatch(...(batchClaim(claims, first, count) as Parameters<typeof vault.claimBatch>)),
    )
      .to.emit(vault, 'BatchClaimed')
      .withArgs(first, count, (paid: bigint) => paid > 0n)
  }
  for (const [i, { account, cumulative, prefix }] of epoch.settlement.ledger.leaves.entries()) {
    if (i < FIRST_ALONE && !GUARDED.includes(i)) continue
    if (GUARDED.includes(i)) {
      const claim = [i, account, cumulative, prefix, proofOf(epoch, i)] as const
      await expect(vault.claim(...claim))
        .to.be.revertedWithCustomError(token, 'OpenToken_NotClaimer')
        .withArgs(cast.anyone, account)
      await vault.connect(cast.claimer).claim(...claim)
    } else if (i % 2 === 0) {
      await vault.claimPacked(packedClaim(claims, account))
    } else {
      await vault.claim(i, account, cumulative, prefix, proofOf(epoch, i))
    }
  }
  for (const { account, cumulative } of epoch.settlement.ledger.leaves) {
    expect(cumulative).to.be.greaterThan(0n)
    expect(await token.paid(account)).to.equal(cumulative)
  }
  const redirected = REDIRECTED.map(i => epoch.settlement.ledger.leaves[i]!.cumulative)
  expect(await token.balanceOf(cast.coldWallet)).to.equal(redirected.reduce((sum, wei) => sum + wei, 0n))
}

/** The claims file that the oracle would publish. */
function claimsOf({ record }: World['system'], { settlement, post }: SettledEpoch): ClaimsFile {
  const entries = settlement.ledger.leaves.map(({ account, cumulative, prefix }, index) => {
    const earned = settlement.pools.map(({ poolId, shares }) => ({ poolId, amount: shares.get(index) ?? 0n }))
    const pools = earned
      .filter(({ amount }) => amount > 0n)
      .map(({ poolId, amount }) => ({ poolId: String(poolId), amount }))
    const epochAmount = pools.reduce((sum, { amount }) => sum + amount, 0n)
    const proof = toHex(settlement.ledger.tree.proof(index))
    return [account, { index, cumulative, prefix, proof, epochAmount, pools }] as const
  })
  return {
    format: 'open-datanets/claims',
    version: 1,
    chainId: record.chainId,
    vault: record.contracts.rewardVault.address,
    epoch: post.epoch,
    ledgerRoot: post.ledgerRoot,
    total: post.total,
    accounts: Object.fromEntries(entries),
  }
}

function proofOf({ settlement }: SettledEpoch, index: number): string {
  return toHex(settlement.ledger.tree.proof(index))
}
