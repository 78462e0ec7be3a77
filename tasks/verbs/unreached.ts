import type { ContractName } from '../../scripts/deploymentRecord'

/** Functions that change something and that no task calls, with the reason. */
export const UNREACHED: { readonly [C in ContractName]?: Readonly<Record<string, string>> } = {
  access: {
    multicall: 'a task sends one call',
    labelRole: 'part of the deployment; governance:propose names it in a file of calls',
    setTargetFunctionRole: 'part of the deployment; governance:propose names it in a file of calls',
    setRoleAdmin: 'governance:propose names it in a file of calls',
    setRoleGuardian: 'governance:propose names it in a file of calls',
    setGrantDelay: 'governance:propose names it in a file of calls',
    setTargetAdminDelay: 'governance:propose names it in a file of calls',
    setTargetClosed: 'governance:propose names it in a file of calls',
    updateAuthority: 'governance:propose names it in a file of calls',
    schedule: 'no role of the system has an execution delay',
    execute: 'no role of the system has an execution delay',
    cancel: 'no role of the system has an execution delay',
    consumeScheduledOp: 'only a managed contract calls it',
  },
  timelock: {
    schedule: 'only the governor proposes: governance:queue',
    scheduleBatch: 'only the governor proposes: governance:queue',
    execute: 'the governor queues batches: governance:execute',
    executeBatch: 'governance:execute calls it through the governor',
    cancel: 'only the governor cancels: governance:cancel',
    updateDelay: 'only the timelock itself: governance:propose names it in a file of calls',
    grantRole: 'part of the deployment; governance:propose names it in a file of calls',
    revokeRole: 'governance:propose names it in a file of calls',
    renounceRole: 'part of the deployment; the governor keeps its roles',
    onERC721Received: 'a token calls it',
    onERC1155Received: 'a token calls it',
    onERC1155BatchReceived: 'a token calls it',
  },
  genesis: { allocate: 'part of the deployment' },
  token: {
    payCumulative: 'only the vault calls it',
    setPayoutFlags: 'only the contributor registry calls it',
    setPayoutRegistry: 'part of the deployment, once',
    setAuthority: 'only the access manager calls it',
    permit: 'an approval by signature is for wallets and contracts; token:approve sends one',
    delegateBySig: 'a delegation by signature is for wallets; governance:delegate sends one',
    transferWithAuthorization:
      'a transfer by signature is for wallets; payments:sign-authorization pays models',
    receiveWithAuthorization: 'the receiver has to be a contract: payments:pay-with-authorization',
    cancelAuthorization: 'an authorization ends by its time; wallets cancel earlier',
  },
  staking: {
    setRegistry: 'part of the deployment, once',
    lock: 'only the registry calls it',
    hold: 'only the court calls it: dispute:open and each later step',
    setAuthority: 'only the access manager calls it',
  },
  operatorSet: {
    setOracle: 'part of the deployment; later governance:hand-over',
    slash: 'only the oracle calls it',
    setAuthority: 'only the access manager calls it',
  },
  rewardVault: {
    setOracle: 'part of the deployment; later governance:hand-over',
    setRoot: 'only the oracle calls it',
  },
  rewardEscrow: {
    setOracle: 'part of the deployment; later governance:hand-over',
    release: 'only the oracle calls it',
  },
  attributionOracle: {
    reject: 'only the provers call it: challenge:send',
    openDemand: 'only the provers call it: challenge:send',
    closeDemands: 'only the provers call it: challenge:send',
    takeOver: 'only the oracle before it calls it: governance:hand-over',
    setAuthority: 'only the access manager calls it',
  },
  emissionController: {
    setVestingWallet: 'part of the deployment, once',
    setAuthority: 'only the access manager calls it',
  },
  committeeArbitrator: {
    createDispute: 'only the court calls it: dispute:escalate',
    requestAppeal: 'only the court calls it: dispute:appeal',
    setAuthority: 'only the access manager calls it',
  },
  disputeCourt: {
    rule: 'only the arbitrator calls it: dispute:vote, dispute:close',
    setAuthority: 'only the access manager calls it',
  },
  governor: {
    castVote: 'governance:vote sends castVoteWithReason, with an empty reason where none is given',
    castVoteWithReasonAndParams: 'the way of counting takes no parameters',
    castVoteBySig: 'a vote by signature is for wallets; governance:vote sends one',
    castVoteWithReasonAndParamsBySig: 'a vote by signature is for wallets; governance:vote sends one',
    'queue(address[],uint256[],bytes[],bytes32)': 'governance:queue names the proposal by its id',
    'execute(address[],uint256[],bytes[],bytes32)': 'governance:execute names the proposal by its id',
    'cancel(address[],uint256[],bytes[],bytes32)': 'governance:cancel names the proposal by its id',
    relay: 'only governance itself: governance:propose names it in a file of calls',
    setVotingDelay: 'only governance itself: governance:propose names it in a file of calls',
    setVotingPeriod: 'only governance itself: governance:propose names it in a file of calls',
    setProposalThreshold: 'only governance itself: governance:propose names it in a file of calls',
    updateQuorumNumerator: 'only governance itself: governance:propose names it in a file of calls',
    updateTimelock: 'only governance itself: governance:propose names it in a file of calls',
    setLateQuorumVoteExtension: 'only governance itself: governance:propose names it in a file of calls',
    onERC721Received: 'a token calls it',
    onERC1155Received: 'a token calls it',
    onERC1155BatchReceived: 'a token calls it',
  },
}

/** Functions that tasks with a file of their own call: they are no verbs of the table. */
export const ELSEWHERE: { readonly [C in ContractName]?: Readonly<Record<string, string>> } = {
  datanetRegistry: { createDatanet: 'datanet:create', commitBatch: 'datanet:contribute' },
  rewardVault: { claim: 'rewards:claim' },
}
