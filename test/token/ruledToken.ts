import { ethers } from 'hardhat'

/** OPEN with its payout rules, and a distributor (`vault`) that holds 1,000 wei. */
export async function ruledToken(recoveryDelay: bigint) {
  const [admin, holder, alice, bob, carol, vault] = await ethers.getSigners()
  const access = await ethers.deployContract('OpenAccess', [admin!])
  const token = await ethers.deployContract('OpenToken', [holder!, access])
  const rules = await ethers.deployContract('ContributorRegistry', [token, recoveryDelay])
  await token.setPayoutRegistry(rules)
  await token.setDistributor(vault!, true)
  await token.connect(holder!).transfer(vault!, 1000n)
  const accounts = { admin: admin!, holder: holder!, alice: alice!, bob: bob!, carol: carol!, vault: vault! }
  return { access, token, rules, ...accounts }
}
