import { parseEther } from 'ethers'
import { ethers } from 'hardhat'

import { shouldBehaveLikeERC20 } from './behaviours/shouldBehaveLikeERC20'
import { shouldBehaveLikeERC3009 } from './behaviours/shouldBehaveLikeERC3009'
import { shouldBehaveLikePermit } from './behaviours/shouldBehaveLikePermit'
import { shouldBehaveLikeVotes } from './behaviours/shouldBehaveLikeVotes'
import { tokenUnderTest } from './behaviours/tokenUnderTest'

async function reference(countsBlocks: boolean) {
  const [, holder] = await ethers.getSigners()
  return tokenUnderTest(
    await ethers.deployContract('ReferenceTokenMock', [holder!, parseEther('1000000000'), countsBlocks]),
  )
}

async function secondsFixture() {
  return reference(false)
}

async function blocksFixture() {
  return reference(true)
}

// The suites that OPEN is held to, run on OpenZeppelin's own token: a suite that fails here is itself wrong.
describe('OpenZeppelin reference token', () => {
  shouldBehaveLikeERC20(secondsFixture)
  shouldBehaveLikePermit(secondsFixture)
  shouldBehaveLikeERC3009(secondsFixture, {
    notYetValid: 'ERC3009InvalidAuthorizationTime',
    expired: 'ERC3009InvalidAuthorizationTime',
    used: 'ERC3009UsedAuthorization',
    invalidSigner: 'ERC3009InvalidSignature',
    notPayee: 'ERC20InvalidReceiver',
  })

  describe('counting seconds', () => {
    shouldBehaveLikeVotes(secondsFixture, 'timestamp')
  })

  describe('counting blocks', () => {
    shouldBehaveLikeVotes(blocksFixture, 'blocknumber')
  })
})
