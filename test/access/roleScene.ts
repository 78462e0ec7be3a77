import { time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import {
  type Fragment,
  type FunctionFragment,
  type Interface,
  type ParamType,
  hexlify,
  id,
  solidityPacked,
} from 'ethers'
import { ethers } from 'hardhat'

import { CONTRACT_NAMES, type ContractName } from '../../scripts/deploymentRecord'
import {
  DATANET,
  MODEL,
  OPEN,
  POOL,
  SIGNERS,
  batchEntries,
  claimOf,
  coSigned,
  honestRows,
  paidScene,
  planted,
  shown,
} from '../adversarial/protocolScene'
import { PEOPLE, type Role } from './gates'

/** Nobody's address. */
export const STRANGER = '0x00000000000000000000000000000000DeaDBeef'
const DESCRIPTION = 'proposal'

/**
 * A system in use: an epoch is final, another ready to be posted, a dispute is with the committee, a proposal waits for
 * its vote, ownerships are on offer, a permission is granted, a recovery address is named.
 */
export async function roleScene() {
  const scene = await paidScene()
  const { system, datanetOwner, modelOwner, server, challenger, contributors, governance } = scene
  const { token, governor, datanetRegistry, modelRegistry, disputeCourt, permissionBook } = system
  const [recovery, proposer] = (await ethers.getSigners()).slice(18)
  const [contributor] = contributors
  await token.transfer(proposer!, 2_000_000n * OPEN)
  await token.connect(proposer!).delegate(proposer!)
  const call = token.interface.encodeFunctionData('setDistributor', [STRANGER, true])
  const actions = [[await token.getAddress()], [0n], [call]] as const
  await datanetRegistry.connect(contributor!).commit(DATANET, id('another item'), id('manifest'))
  await datanetRegistry.connect(datanetOwner).transferDatanet(DATANET, server)
  await modelRegistry.connect(modelOwner).transferModel(MODEL, server)
  await system.inferencePayments.connect(modelOwner).setServer(MODEL, server, true)
  await system.contributorRegistry.connect(contributor!).setRecovery(contributor!, recovery!)
  await system.emissionController.connect(governance).setWeights([DATANET], [10_000])
  const granted = grantOf(contributor!.address, 1)
  await permissionBook.connect(contributor!).grant(granted, '0x')

  await token.connect(challenger).approve(disputeCourt, 10_000n * OPEN)
  await disputeCourt.connect(challenger).open(DATANET, contributor!, id('evidence'))
  await time.increase((await disputeCourt.parameters()).answerPeriod)
  await disputeCourt.escalate(1)

  await time.increase(1)
  await governor.connect(proposer!).propose([...actions[0]], [...actions[1]], [...actions[2]], DESCRIPTION)
  const proposalId = await governor.getProposalId(
    [...actions[0]],
    [...actions[1]],
    [...actions[2]],
    id(DESCRIPTION),
  )

  const second = planted(scene, honestRows(scene, 70n, scene.first.ledger.entries), 2)
  const { operatorSet, rewardEscrow, rewardVault, access, attributionOracle } = system
  const successor = await ethers.deployContract('AttributionOracle', [
    operatorSet,
    rewardEscrow,
    rewardVault,
    datanetRegistry,
    access,
    86_400,
    attributionOracle,
  ])
  await successor.connect(governance).setProver(challenger, true)
  const people = { ...scene, recovery: recovery!, proposer: proposer!, contributor: contributor! }
  const roles = new Map<Role, string>()
  for (const name of PEOPLE) roles.set(name, people[name].address)
  for (const name of CONTRACT_NAMES) roles.set(name, await system[name].getAddress())
  return {
    ...scene,
    roles,
    second,
    actions,
    proposalId,
    granted: await permissionBook.hashGrant(granted),
    successor: await successor.getAddress(),
    signature: await coSigned(attributionOracle, second.post),
  }
}

export type RoleScene = Awaited<ReturnType<typeof roleScene>>

function grantOf(contributor: string, nonce: number) {
  const expiry = 4_000_000_000
  return { contributor, grantee: STRANGER, firstContributionId: 0, count: 1, purposes: 1, expiry, nonce }
}

/** Arguments that mean something, by contract and function; what is not here gets plain ones. */
export function argumentsOf(scene: RoleScene): Readonly<Record<string, readonly unknown[]>> {
  const { system, second, first, actions, proposalId, signature, roles, granted, successor } = scene
  const token = roles.get('token')
  const contributor = roles.get('contributor')!
  const page = { tree: 0, poolId: 0, root: second.post.ledgerRoot, leafCount: 5, number: 0 }
  const { post } = second
  const pending = [post, SIGNERS] as const
  const ledger = shown(second.ledger, 0)
  const journal = shown(second.journal, 0)
  const pool = shown(second.manifest, 0)
  const [index, account, cumulative, prefix, proof] = claimOf(first, 0)
  const proposal = [...actions, id(DESCRIPTION)]
  const terms = { stakePerItem: 0, purposes: 1, license: id('MIT') }
  return {
    'access.execute': [token, actions[2][0]],
    'access.cancel': [STRANGER, token, actions[2][0]],
    'access.schedule': [token, actions[2][0], 0],
    'access.renounceRole': [0, STRANGER],
    'access.setTargetFunctionRole': [token, ['0x12345678'], 9],
    'access.setRoleAdmin': [9, 0],
    'access.setRoleGuardian': [9, 0],
    'access.setTargetClosed': [token, false],
    'token.transferFrom': [roles.get('rewardVault'), STRANGER, 1],
    'contributorRegistry.setPayout': [contributor, STRANGER],
    'contributorRegistry.setClaimer': [contributor, STRANGER],
    'contributorRegistry.setRecovery': [contributor, STRANGER],
    'contributorRegistry.cancelRecovery': [contributor],
    'contributorRegistry.startRecovery': [contributor],
    'contributorRegistry.finishRecovery': [contributor],
    'datanetRegistry.withdraw': [0, 1],
    'datanetRegistry.changeLicense': [0, 1, id('MIT')],
    'datanetRegistry.succeed': [0, 1, 1],
    'datanetRegistry.createDatanet': ['name', id('metadata'), 0],
    'datanetRegistry.createDatanetUnder': [terms, 'name', id('metadata'), 0],
    'datanetRegistry.setTerms': [DATANET, terms],
    'datanetRegistry.commitBatchUnder': [0, DATANET, id('root'), 1, id('manifest')],
    'permissionBook.grant': [grantOf(contributor, 2), '0x'],
    'permissionBook.revoke': [granted],
    'rewardVault.claim': [index, account, cumulative, prefix, proof],
    'rewardVault.claimPacked': [
      solidityPacked(
        ['uint32', 'address', 'uint128', 'uint128', 'bytes'],
        [index, account, cumulative, prefix, proof],
      ),
    ],
    'rewardVault.claimBatch': [0, 0, batchEntries(first, 0, 4), hexlify(`0x${proof.slice(2 + 96)}`)],
    'rewardEscrow.fund': [POOL, 1],
    'rewardEscrow.release': [post.total],
    'operatorSet.setOperators': [[STRANGER], 0, 9],
    'operatorSet.slash': [1, SIGNERS, STRANGER],
    'attributionOracle.post': [post, SIGNERS, signature],
    'attributionOracle.finalize': pending,
    'attributionOracle.advance': [...pending, post, SIGNERS, signature],
    'attributionOracle.reject': [...pending, STRANGER, 0],
    'attributionOracle.openDemand': pending,
    'attributionOracle.closeDemands': [0],
    'attributionOracle.openEpoch': [3, id('configuration')],
    'attributionOracle.resumeClaims': [first.post],
    'attributionOracle.handOver': [successor],
    'attributionOracle.setChallengeWindow': [86_400],
    'fraudProofs.challengeAccount': [...pending, ledger],
    'fraudProofs.challengeFirstPrefix': [...pending, ledger],
    'fraudProofs.challengeMissing': [...pending, 0, 0, ledger.proof],
    'fraudProofs.challengePrefix': [...pending, ledger, shown(second.ledger, 1)],
    'fraudProofs.challengeTotal': [...pending, shown(second.ledger, 4)],
    'fraudProofs.challengeFallen': [...pending, first.post, shown(first.ledger, 0), ledger],
    'fraudProofs.challengeIncrease': [
      ...pending,
      first.post,
      shown(first.ledger, 0),
      ledger,
      [journal, shown(second.journal, 1)],
    ],
    'fraudProofs.challengeJournalLeaf': [...pending, journal],
    'fraudProofs.challengeJournalOrder': [...pending, journal, shown(second.journal, 1)],
    'fraudProofs.challengeJournalTotal': [...pending, first.post, shown(second.journal, 4)],
    'settlementProofs.challengePool': [...pending, pool],
    'settlementProofs.challengePoolLeaf': [...pending, pool],
    'settlementProofs.challengePoolTotal': [...pending, first.post, pool],
    'settlementProofs.challengePoolCumulative': [...pending, first.post, pool, [shown(first.manifest, 0)]],
    'settlementProofs.challengeWeight': [...pending, pool, shown(second.settlement, 0)],
    'settlementProofs.challengeWeightTotal': [...pending, pool, shown(second.settlement, 4)],
    'pageDemands.demand': [...pending, 0, 0, { ...pool, proof: '0x' }],
    'pageDemands.reveal': [page, '0x', '0x'],
    'pageDemands.revealPages': [page, 0, '0x', '0x'],
    'pageDemands.rejectUnrevealed': [...pending, page],
    'emissionController.setCurve': [{ initialBudget: 1, decayBps: 1, stepEpochs: 1 }],
    'emissionController.setWeights': [[DATANET], [10_000]],
    'emissionController.setVestingWallet': [token],
    'disputeCourt.open': [DATANET, contributor, id('evidence')],
    'governor.propose': [...actions, 'another'],
    'governor.cancel(uint256)': [proposalId],
    'governor.queue(uint256)': [proposalId],
    'governor.execute(uint256)': [proposalId],
    'governor.cancel(address[],uint256[],bytes[],bytes32)': proposal,
    'governor.queue(address[],uint256[],bytes[],bytes32)': proposal,
    'governor.execute(address[],uint256[],bytes[],bytes32)': proposal,
    'governor.castVote': [proposalId, 1],
    'governor.castVoteWithReason': [proposalId, 1, ''],
    'governor.castVoteWithReasonAndParams': [proposalId, 1, '', '0x'],
    'governor.relay': [token, 0, actions[2][0]],
    'governor.updateTimelock': [system.timelock.target],
  }
}

export interface Entry {
  contract: ContractName
  /** The name, with its types where the name is not enough. */
  key: string
  fragment: FunctionFragment
}

/** Every function that is not a view, of every contract. */
export function entriesOf({ system }: RoleScene): Entry[] {
  return CONTRACT_NAMES.flatMap(contract => {
    const fragments = (system[contract].interface.fragments as readonly Fragment[]).filter(
      (fragment): fragment is FunctionFragment =>
        fragment.type === 'function' && !(fragment as FunctionFragment).constant,
    )
    return fragments.map(fragment => {
      const alone = fragments.filter(({ name }) => name === fragment.name).length === 1
      return { contract, key: alone ? fragment.name : fragment.format('sighash'), fragment }
    })
  })
}

/** A call of an entry as it goes over the wire. */
export function callOf(scene: RoleScene, { contract, key, fragment }: Entry) {
  const given = argumentsOf(scene)[`${contract}.${key}`] ?? fragment.inputs.map(plain)
  const abi: Interface = scene.system[contract].interface
  const data = abi.encodeFunctionData(fragment, given)
  return { to: scene.roles.get(contract)!, data }
}

/** A well-formed value of a type: ones, and the stranger. */
function plain(type: ParamType): unknown {
  if (type.isArray()) return []
  if (type.isTuple()) return type.components.map(plain)
  if (type.type === 'address') return STRANGER
  if (type.type === 'bool') return true
  if (type.type === 'string') return 'text'
  if (type.type === 'bytes') return '0x'
  if (type.type.startsWith('bytes')) return `0x${'01'.repeat(Number(type.type.slice(5)))}`
  return 1
}
