import type { ContractName } from '../../scripts/deploymentRecord'

/** Who calls: people by what they are, contracts by their names. */
export type Role = ContractName | (typeof PEOPLE)[number]

export const PEOPLE = [
  'deployer',
  'guardian',
  'epochManager',
  'operator',
  'member',
  'proposer',
  'datanetOwner',
  'modelOwner',
  'server',
  'contributor',
  'recovery',
  'challenger',
  'outsider',
] as const

/** Who passes, and the error of everybody else; or why all may pass. */
export type Gate = { only: readonly Role[]; error: string } | { open: string }

/** An error without a name: the caller cannot even be asked. */
export const NAMELESS = 'no data'

function only(error: string, ...roles: Role[]): Gate {
  return { only: roles, error }
}

function open(reason: string): Gate {
  return { open: reason }
}

const GOVERNANCE = only('AccessManagedUnauthorized', 'timelock')
const AUTHORITY = only('AccessManagedUnauthorized', 'access')
const ROLE_ADMIN = only('AccessManagerUnauthorizedAccount', 'timelock')
const TIMELOCK_ADMIN = only('AccessControlUnauthorizedAccount', 'timelock')
const PROPOSALS = only('AccessControlUnauthorizedAccount', 'governor')
const EXECUTOR = only('GovernorOnlyExecutor', 'timelock')
const GUARDIAN = only('AccessManagedUnauthorized', 'guardian')
const PROVERS = only('AttributionOracle_NotProver', 'fraudProofs', 'settlementProofs', 'pageDemands')
const DATANET_OWNER = only('DatanetRegistry_NotOwner', 'datanetOwner')
const OWN_ITEMS = only('DatanetRegistry_NotOwnItems', 'contributor')
const CONTROLLER = only('ContributorRegistry_NotController', 'contributor')
const MODEL_OWNER = only('ModelRegistry_NotOwner', 'modelOwner')

const OWN = open('touches only what is the caller own')
const SIGNED = open('needs the signature of whom it touches, whoever sends it')
const PROOF = open('needs a proof, whoever shows it')
const SERVICE = open('does what is due anyway, for whom it is due')
const RECEIPT = open('says that a token may be received, and does nothing')
const VOTE = open('counts the votes that the caller has')

/** Every function of the system that is not a view. */
export const GATES: { readonly [C in ContractName]: Readonly<Record<string, Gate>> } = {
  access: {
    multicall: open('calls this contract again as the same caller'),
    // No role has a delay, so that nothing is ever scheduled: who may call, calls.
    schedule: only('AccessManagerUnauthorizedCall'),
    cancel: only('AccessManagerNotScheduled'),
    execute: only('AccessManagerUnauthorizedCall', 'timelock'),
    consumeScheduledOp: only(`AccessManagerUnauthorizedConsume|${NAMELESS}`),
    renounceRole: only('AccessManagerBadConfirmation'),
    grantRole: ROLE_ADMIN,
    labelRole: ROLE_ADMIN,
    revokeRole: ROLE_ADMIN,
    setGrantDelay: ROLE_ADMIN,
    setRoleAdmin: ROLE_ADMIN,
    setRoleGuardian: ROLE_ADMIN,
    setTargetAdminDelay: ROLE_ADMIN,
    setTargetClosed: ROLE_ADMIN,
    setTargetFunctionRole: ROLE_ADMIN,
    updateAuthority: ROLE_ADMIN,
  },
  timelock: {
    schedule: PROPOSALS,
    scheduleBatch: PROPOSALS,
    cancel: PROPOSALS,
    execute: open('what waited its delay, anyone may execute'),
    executeBatch: open('what waited its delay, anyone may execute'),
    grantRole: TIMELOCK_ADMIN,
    revokeRole: TIMELOCK_ADMIN,
    renounceRole: only('AccessControlBadConfirmation'),
    updateDelay: only('TimelockUnauthorizedCaller', 'timelock'),
    onERC1155BatchReceived: RECEIPT,
    onERC1155Received: RECEIPT,
    onERC721Received: RECEIPT,
  },
  genesis: {
    // Spent: every group is allocated, which its own test holds.
    allocate: only('GenesisDistribution_NotDeployer', 'deployer'),
  },
  token: {
    approve: OWN,
    burn: OWN,
    transfer: OWN,
    transferFrom: open('moves what its owner allowed'),
    delegate: OWN,
    delegateBySig: SIGNED,
    permit: SIGNED,
    transferWithAuthorization: SIGNED,
    cancelAuthorization: SIGNED,
    receiveWithAuthorization: only('OpenToken_NotPayee'),
    payCumulative: only('OpenToken_NotDistributor', 'rewardVault'),
    setDistributor: GOVERNANCE,
    setPayoutRegistry: GOVERNANCE,
    setPayoutFlags: only('OpenToken_NotPayoutRegistry', 'contributorRegistry'),
    setAuthority: AUTHORITY,
  },
  contributorRegistry: {
    setPayout: CONTROLLER,
    setClaimer: CONTROLLER,
    setRecovery: CONTROLLER,
    cancelRecovery: CONTROLLER,
    startRecovery: only('ContributorRegistry_NotRecovery', 'recovery'),
    finishRecovery: open('a recovery that waited its delay, anyone may finish'),
  },
  staking: {
    stake: OWN,
    requestExit: OWN,
    withdraw: OWN,
    collectReward: OWN,
    collectCredit: OWN,
    notifyReward: open('gives the caller own tokens to the stakers'),
    lock: only('DatanetStaking_NotRegistry', 'datanetRegistry'),
    slash: only('AccessManagedUnauthorized', 'disputeCourt'),
    hold: only('AccessManagedUnauthorized', 'disputeCourt'),
    setRegistry: GOVERNANCE,
    setAuthority: AUTHORITY,
  },
  datanetRegistry: {
    createDatanet: open('anyone may create a Datanet'),
    createDatanetUnder: open('anyone may create a Datanet'),
    commit: open('the Datanet is open'),
    commitBatch: open('the Datanet is open'),
    commitBatchUnder: open('the Datanet is open'),
    withdraw: OWN_ITEMS,
    changeLicense: OWN_ITEMS,
    succeed: OWN_ITEMS,
    transferDatanet: DATANET_OWNER,
    setContributor: DATANET_OWNER,
    setBuilder: DATANET_OWNER,
    setTerms: DATANET_OWNER,
    setParents: DATANET_OWNER,
    decideBatch: DATANET_OWNER,
    acceptDatanet: only('DatanetRegistry_NotPendingOwner', 'server'),
  },
  permissionBook: {
    grant: only('PermissionBook_InvalidSignature', 'contributor'),
    revoke: only('PermissionBook_NotContributor', 'contributor'),
    cancelNonce: OWN,
  },
  modelRegistry: {
    registerModel: only('ModelRegistry_NotBuilder', 'datanetOwner', 'modelOwner'),
    setPrice: MODEL_OWNER,
    transferModel: MODEL_OWNER,
    acceptModel: only('ModelRegistry_NotPendingOwner', 'server'),
  },
  operatorSet: {
    bond: OWN,
    requestExit: OWN,
    withdrawBond: OWN,
    collectReward: OWN,
    settleSlash: SERVICE,
    setOperators: GOVERNANCE,
    setOracle: only('OperatorSet_NotOracle', 'attributionOracle'),
    slash: only('OperatorSet_NotOracle', 'attributionOracle'),
    setAuthority: AUTHORITY,
  },
  rewardVault: {
    claim: PROOF,
    claimPacked: PROOF,
    claimBatch: PROOF,
    setRoot: only('RewardVault_NotOracle', 'attributionOracle'),
    setOracle: only('RewardVault_NotOracle', 'attributionOracle'),
  },
  rewardEscrow: {
    fund: open('gives the caller own tokens to a pool'),
    release: only('RewardEscrow_NotOracle', 'attributionOracle'),
    setOracle: only('RewardEscrow_NotOracle', 'attributionOracle'),
  },
  attributionOracle: {
    // The quorum is the gate: a caller without a seat, and one signature, are too few.
    post: only('OperatorSet_NotActive', 'operator'),
    finalize: SERVICE,
    advance: SERVICE,
    openEpoch: only('AccessManagedUnauthorized', 'epochManager'),
    cancelPending: GUARDIAN,
    pauseClaims: GUARDIAN,
    resumeClaims: GUARDIAN,
    reject: PROVERS,
    openDemand: PROVERS,
    closeDemands: PROVERS,
    setChallengeWindow: GOVERNANCE,
    setProver: GOVERNANCE,
    handOver: GOVERNANCE,
    takeOver: only('AttributionOracle_NotPredecessor'),
    setAuthority: AUTHORITY,
  },
  fraudProofs: {
    challengeAccount: PROOF,
    challengeFallen: PROOF,
    challengeFirstPrefix: PROOF,
    challengeIncrease: PROOF,
    challengeJournalLeaf: PROOF,
    challengeJournalOrder: PROOF,
    challengeJournalTotal: PROOF,
    challengeMissing: PROOF,
    challengePrefix: PROOF,
    challengeTotal: PROOF,
  },
  settlementProofs: {
    challengeEntry: PROOF,
    challengePool: PROOF,
    challengePoolCumulative: PROOF,
    challengePoolDropped: PROOF,
    challengePoolLeaf: PROOF,
    challengePoolOrder: PROOF,
    challengePoolTotal: PROOF,
    challengeWeight: PROOF,
    challengeWeightMissing: PROOF,
    challengeWeightOrder: PROOF,
    challengeWeightTotal: PROOF,
  },
  pageDemands: {
    demand: open('anyone may ask for what operators answer for'),
    reveal: PROOF,
    revealPages: PROOF,
    rejectUnrevealed: open('what was not shown in time, anyone may reject'),
  },
  inferencePayments: {
    deposit: OWN,
    requestWithdrawal: OWN,
    withdraw: OWN,
    payDirect: OWN,
    payWithAuthorization: SIGNED,
    redeem: only('InferencePayments_NotServer', 'modelOwner', 'server'),
    redeemBatch: open('skips the vouchers that the caller may not redeem'),
    setServer: only('InferencePayments_NotModelOwner', 'modelOwner'),
    tally: SERVICE,
    passLineage: SERVICE,
    collectContributors: SERVICE,
    collectOwner: SERVICE,
    collectProtocol: SERVICE,
    collectStakers: SERVICE,
  },
  emissionController: {
    fundEpoch: SERVICE,
    fundAccrued: SERVICE,
    reportFees: SERVICE,
    setWeights: GOVERNANCE,
    setCurve: GOVERNANCE,
    setFeeCap: GOVERNANCE,
    setVestingWallet: GOVERNANCE,
    handOver: GOVERNANCE,
    setAuthority: AUTHORITY,
  },
  committeeArbitrator: {
    createDispute: open('the ruling goes back to the caller'),
    requestAppeal: only('CommitteeArbitrator_NotArbitrable', 'disputeCourt'),
    vote: only('CommitteeArbitrator_NotMember', 'member'),
    close: SERVICE,
    setCommittee: GOVERNANCE,
    setAuthority: AUTHORITY,
  },
  disputeCourt: {
    open: open('needs a bond'),
    answer: open('needs a bond'),
    fundAppeal: open('needs the caller own tokens'),
    escalate: SERVICE,
    resolve: SERVICE,
    expire: SERVICE,
    executeSlash: SERVICE,
    claimContribution: SERVICE,
    collect: OWN,
    rule: only('DisputeCourt_NotArbitrator', 'committeeArbitrator'),
    setArbitrator: GOVERNANCE,
    setAuthority: AUTHORITY,
  },
  governor: {
    propose: only('GovernorInsufficientProposerVotes', 'proposer'),
    'cancel(uint256)': only('GovernorUnableToCancel', 'proposer'),
    'cancel(address[],uint256[],bytes[],bytes32)': only('GovernorUnableToCancel', 'proposer'),
    'queue(uint256)': SERVICE,
    'queue(address[],uint256[],bytes[],bytes32)': SERVICE,
    'execute(uint256)': SERVICE,
    'execute(address[],uint256[],bytes[],bytes32)': SERVICE,
    castVote: VOTE,
    castVoteWithReason: VOTE,
    castVoteWithReasonAndParams: VOTE,
    castVoteBySig: SIGNED,
    castVoteWithReasonAndParamsBySig: SIGNED,
    // The timelock, and it only while it executes a proposal.
    relay: EXECUTOR,
    setLateQuorumVoteExtension: EXECUTOR,
    setProposalThreshold: EXECUTOR,
    setVotingDelay: EXECUTOR,
    setVotingPeriod: EXECUTOR,
    updateQuorumNumerator: EXECUTOR,
    updateTimelock: EXECUTOR,
    onERC1155BatchReceived: only('GovernorDisabledDeposit'),
    onERC1155Received: only('GovernorDisabledDeposit'),
    onERC721Received: only('GovernorDisabledDeposit'),
  },
}
