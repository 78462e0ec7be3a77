/** A rule that prevents a failure, and how the code reads without it. */
export interface Rule {
  /** The row of the failures, as its tests are called. */
  row: string
  /** What the title of the test begins with, where another test of the row holds another rule. */
  test?: string
  file: string
  /** What is in the file once. */
  code: string
  replacement: string
}

const ORACLE = 'contracts/oracle/AttributionOracle.sol'
const OPERATORS = 'contracts/oracle/OperatorSet.sol'
const FRAUD = 'contracts/oracle/FraudProofs.sol'
const SETTLEMENT = 'contracts/oracle/SettlementProofs.sol'
const TREES = 'contracts/oracle/PostedTrees.sol'
const DEMANDS = 'contracts/oracle/PageDemands.sol'
const VAULT = 'contracts/rewards/RewardVault.sol'
const ESCROW = 'contracts/rewards/RewardEscrow.sol'
const EMISSIONS = 'contracts/rewards/EmissionController.sol'
const TOKEN = 'contracts/token/OpenToken.sol'
const GENESIS = 'contracts/token/GenesisDistribution.sol'
const MERKLE = 'contracts/libraries/CumulativeMerkle.sol'
const COURT = 'contracts/court/DisputeCourt.sol'
const COMMITTEE = 'contracts/court/CommitteeArbitrator.sol'
const STAKING = 'contracts/registry/DatanetStaking.sol'
const DATANETS = 'contracts/registry/DatanetRegistry.sol'
const LOG = 'contracts/registry/ContributionLog.sol'
const PERMISSIONS = 'contracts/registry/PermissionBook.sol'
const PAYOUTS = 'contracts/registry/ContributorRegistry.sol'

/** Each rule as the code writes it, and the code without it. `prove.ts` takes them away one at a time. */
export const RULES: readonly Rule[] = [
  {
    row: 'row 01',
    test: 'refuses everybody but the oracle: the root',
    file: VAULT,
    code: 'function setRoot(bytes24 newRoot, uint32 epoch) external {\n        _requireOracle();',
    replacement: 'function setRoot(bytes24 newRoot, uint32 epoch) external {',
  },
  {
    row: 'row 01',
    test: 'refuses everybody but the oracle: its place',
    file: VAULT,
    code: 'function setOracle(address newOracle) external {\n        _requireOracle();',
    replacement: 'function setOracle(address newOracle) external {',
  },
  {
    row: 'row 01',
    test: 'refuses everybody but the oracle: its place',
    file: ESCROW,
    code: 'function setOracle(address newOracle) external {\n        _requireOracle();',
    replacement: 'function setOracle(address newOracle) external {',
  },
  {
    row: 'row 01',
    test: 'refuses everybody but the oracle: its place',
    file: OPERATORS,
    code: 'function setOracle(address newOracle) external onlyOracle {',
    replacement: 'function setOracle(address newOracle) external {',
  },
  {
    row: 'row 01',
    test: 'refuses a post without a quorum',
    file: OPERATORS,
    code: 'if (count != uint256(faults) + 1)',
    replacement: 'if (false)',
  },
  {
    row: 'row 02',
    test: 'lets no key release',
    file: ESCROW,
    code: '// Check\n        _requireOracle();',
    replacement: '// Check',
  },
  {
    row: 'row 02',
    test: 'lets a distributor pay only',
    file: TOKEN,
    code: '_debit(msg.sender, payer, payerBits, amount);',
    replacement: 'if (payerBits & BALANCE_MASK >= amount) _debit(msg.sender, payer, payerBits, amount);',
  },
  {
    row: 'row 03',
    file: VAULT,
    code: 'if (computed != ledgerRoot) revert RewardVault_InvalidProof(computed, ledgerRoot);',
    replacement: 'computed;',
  },
  {
    row: 'row 04',
    test: 'refuses the post',
    file: ORACLE,
    code: 'if (total > funded) revert AttributionOracle_TotalOverFunded(total, funded);',
    replacement: 'funded;',
  },
  {
    row: 'row 04',
    test: 'refuses the release',
    file: ESCROW,
    code: 'if (newTotal > before.funded)',
    replacement: 'if (false)',
  },
  {
    row: 'row 04',
    test: 'rejects a pool',
    file: SETTLEMENT,
    code: '_reject(post, signers, Reason.OverFunded);',
    replacement: 'signers;',
  },
  {
    row: 'row 05',
    test: 'rejects a total',
    file: FRAUD,
    code: '_requireDifferent(post.total, uint256(last.prefix) + last.cumulative);\n        _reject(post, signers, Reason.WrongTotal);',
    replacement: 'signers;',
  },
  {
    row: 'row 05',
    test: 'gives the vault no more',
    file: ESCROW,
    code: 'uint128 amount = newTotal - before.released;',
    replacement: 'uint128 amount = before.funded - before.released;',
  },
  {
    row: 'row 06',
    test: 'pays nothing before',
    file: VAULT,
    code: 'if (ledgerRoot == 0) revert RewardVault_Paused();',
    replacement: '',
  },
  {
    row: 'row 06',
    test: 'refuses a post with a zero root',
    file: ORACLE,
    code: '_requireRoot(newPost.ledgerRoot, count);',
    replacement: '',
  },
  {
    row: 'row 07',
    test: 'rejects a leaf that hides',
    file: TREES,
    code: 'return position < count && proof.length == CumulativeMerkle.proofLength(count);',
    replacement: 'return position < count && (proof.length == 0 || true);',
  },
  {
    row: 'row 07',
    test: 'keeps the trees apart',
    file: MERKLE,
    code: 'abi.encode(tag, block.chainid, vault, specVersion)',
    replacement: 'abi.encode(tag == 0 ? tag : bytes32(0), block.chainid, vault, specVersion)',
  },
  {
    row: 'row 08',
    test: 'rejects a leaf behind',
    file: TREES,
    code: 'return position < count && proof.length',
    replacement: 'return proof.length',
  },
  {
    row: 'row 08',
    test: 'rejects an empty place',
    file: FRAUD,
    code: '_reject(post, signers, reason);',
    replacement: 'signers; reason;',
  },
  {
    row: 'row 09',
    test: 'refuses an index outside',
    file: MERKLE,
    code: 'if (position >> depth != 0)',
    replacement: 'if (false)',
  },
  {
    row: 'row 09',
    test: 'refuses a proof that is not whole',
    file: MERKLE,
    code: 'if (proof.length % NODE_BYTES != 0)',
    replacement: 'if (false)',
  },
  {
    row: 'row 10',
    test: 'rejects a journal',
    file: SETTLEMENT,
    code: '_reject(post, signers, Reason.WrongEntry);',
    replacement: 'signers;',
  },
  {
    row: 'row 10',
    test: 'rejects a ledger',
    file: FRAUD,
    code: '_reject(post, signers, Reason.WrongIncrease);',
    replacement: 'signers;',
  },
  {
    row: 'row 11',
    file: ORACLE,
    code: 'emit RootPosted(newPost.epoch, msg.sender, newPost, signers, deadline);',
    replacement: '',
  },
  {
    row: 'row 12',
    test: 'refuses other tree formats',
    file: ORACLE,
    code: 'if (newPost.specVersion != SPEC_VERSION)',
    replacement: 'if (false)',
  },
  {
    row: 'row 12',
    test: 'refuses another configuration',
    file: ORACLE,
    code: 'if (newPost.configDigest != config)',
    replacement: 'if (false)',
  },
  {
    row: 'row 12',
    test: 'fixes the configuration once',
    file: ORACLE,
    code: 'if (configOf[epoch] != 0)',
    replacement: 'if (false)',
  },
  {
    row: 'row 13',
    test: 'lets nobody reject',
    file: SETTLEMENT,
    code: '(pool.amount * to) / all - (pool.amount * from) / all',
    replacement: '(pool.amount * (to - from)) / all',
  },
  {
    row: 'row 13',
    test: 'rejects a share',
    file: TREES,
    code: 'if (expected == got)',
    replacement: 'if (expected == got || expected + 1 == got)',
  },
  {
    row: 'row 14',
    test: 'refuses the post of an epoch',
    file: ORACLE,
    code: 'if (newPost.epoch != epoch)',
    replacement: 'if (false)',
  },
  {
    row: 'row 14',
    test: 'finalizes a post once',
    file: ORACLE,
    code: 'return _deadline(current) == 0 ? bytes24(0) : bytes24(bytes32(current));',
    replacement: 'return bytes24(bytes32(current));',
  },
  {
    row: 'row 15',
    test: 'keeps the deadline',
    file: ORACLE,
    code: '_pending = (_pending & ~WINDOW_MASK) | (uint256(newWindow) << WINDOW_SHIFT);',
    replacement:
      '_pending = (_pending & ~WINDOW_MASK) | (uint256(newWindow) << WINDOW_SHIFT);\n' +
      'if (_deadline(_pending) != 0) _pending = (_pending & ~DEADLINE_MASK) | ((block.timestamp + newWindow) << DEADLINE_SHIFT);',
  },
  {
    row: 'row 15',
    test: 'keeps the window above',
    file: ORACLE,
    code: 'if (newWindow < MIN_WINDOW || newWindow > maximum)',
    replacement: 'if (newWindow > maximum)',
  },
  {
    row: 'row 16',
    test: 'lets nobody post over',
    file: ORACLE,
    code: 'uint256 current = _pending;\n        _requireNothingPending(current);',
    replacement: 'uint256 current = _pending;',
  },
  {
    row: 'row 16',
    test: 'lets governance take no prover',
    file: ORACLE,
    code: '_cancel();\n        if (isProver[prover] != enabled)',
    replacement: 'if (isProver[prover] != enabled)',
  },
  {
    row: 'row 16',
    test: 'gives what is posted instead',
    file: ORACLE,
    code: 'uint64 deadline = uint64(block.timestamp) + _window(current);',
    replacement:
      'uint64 deadline = _attempt() == 0 ? uint64(block.timestamp) + _window(current) : uint64(block.timestamp) + 1;',
  },
  {
    row: 'row 16',
    test: 'lets governance hand no pending post',
    file: ORACLE,
    code: '_cancel();\n        emit HandedOver(successor);',
    replacement: 'emit HandedOver(successor);',
  },
  {
    row: 'row 16',
    test: 'takes nothing over',
    file: ORACLE,
    code: '_drop();\n        (bytes24 postHash, uint32 epoch, uint32 ledgerCount)',
    replacement: '(bytes24 postHash, uint32 epoch, uint32 ledgerCount)',
  },
  {
    row: 'row 16',
    test: 'lets no oracle follow',
    file: ORACLE,
    code: ' || next.proverCount() == 0',
    replacement: '',
  },
  {
    row: 'row 17',
    test: 'stops claims',
    file: ORACLE,
    code: 'vault.setRoot(0, finalEpoch());',
    replacement: '',
  },
  {
    row: 'row 17',
    test: 'ends by itself',
    file: ORACLE,
    code: 'if (block.timestamp < _limits.pausedUntil) _checkCanCall(msg.sender, msg.data);',
    replacement: '_checkCanCall(msg.sender, msg.data);',
  },
  {
    row: 'row 17',
    test: 'ends by itself',
    file: ORACLE,
    code: 'if (block.timestamp < _limits.pausedUntil) _checkCanCall(msg.sender, msg.data);',
    replacement: '',
  },
  {
    row: 'row 17',
    test: 'is not for ever',
    file: ORACLE,
    code: '_requireCooled(_limits.pausableAt);',
    replacement: '',
  },
  {
    row: 'row 18',
    test: 'ends a dispute',
    file: COURT,
    code: 'creditOf[dispute.challenger] += bond;\n            if (defender',
    replacement: 'token.safeTransfer(dispute.challenger, bond);\n            if (defender',
  },
  {
    row: 'row 18',
    test: 'slashes a lie',
    file: OPERATORS,
    code: 'emit Slashed(epoch, signers, challenger);',
    replacement: 'emit Slashed(epoch, signers, challenger);\n        token.safeTransfer(challenger, 1);',
  },
  {
    row: 'row 19',
    test: 'moves no deadline for a demand',
    file: DEMANDS,
    code: 'if (until > deadline) revert PageDemands_TooLate(until, deadline);',
    replacement: '',
  },
  {
    row: 'row 19',
    test: 'moves no deadline for a demand',
    file: DEMANDS,
    code: 'if (_answerBy[key] != 0)',
    replacement: 'if (false)',
  },
  {
    row: 'row 19',
    test: 'finalizes at the deadline',
    file: DEMANDS,
    code: 'oracle.closeDemands(open < closed ? open : closed);',
    replacement: 'open; closed;',
  },
  {
    row: 'row 19',
    test: 'moves no deadline for a challenge',
    file: TREES,
    code: 'if (expected == got) revert PostedTrees_NothingWrong(expected, got);',
    replacement: 'if (expected == got) return;',
  },
  {
    row: 'row 19',
    test: 'doubles the bond',
    file: COURT,
    code: 'bond *= 2;',
    replacement: '',
  },
  {
    row: 'row 19',
    test: 'lets the guardian cancel once',
    file: ORACLE,
    code: '_requireCooled(_limits.cancellableAt);',
    replacement: '',
  },
  {
    row: 'row 20',
    test: 'takes no more in an epoch',
    file: COURT,
    code: 'uint128 asked = due < left ? due : left;',
    replacement: 'uint128 asked = left == 0 ? left : due;',
  },
  {
    row: 'row 20',
    test: 'gives the court no word',
    file: ORACLE,
    code: 'if (!isProver[msg.sender])',
    replacement: 'if (false)',
  },
  {
    row: 'row 21',
    test: 'pays the registered payout',
    file: PAYOUTS,
    code: 'return allowed ? payoutOf(account) : address(0);',
    replacement: 'return allowed ? caller : address(0);',
  },
  {
    row: 'row 21',
    test: 'lets a guarded account',
    file: PAYOUTS,
    code: 'bool allowed = claimer == address(0) || caller == claimer || caller == account;',
    replacement: 'bool allowed = claimer == claimer || caller == account;',
  },
  {
    row: 'row 21',
    test: 'goes on with a batch',
    file: VAULT,
    code: 'if (amount == 0) emit ClaimSkipped(uint32(index), account, reason);',
    replacement: 'if (amount == 0) revert RewardVault_NothingToClaim(account, cumulative); reason;',
  },
  {
    row: 'row 22',
    test: 'keeps the last root',
    file: ORACLE,
    code: '// Encoding the event also checks',
    replacement: 'vault.setRoot(0, finalEpoch());\n        // Encoding the event also checks',
  },
  {
    row: 'row 23',
    test: 'pays nothing again',
    file: TOKEN,
    code: 'uint256 alreadyPaid = payeeBits >> PAID_SHIFT;',
    replacement: 'uint256 alreadyPaid = 0;',
  },
  {
    row: 'row 23',
    test: 'starts no epoch again',
    file: ORACLE,
    code: '_setFinal(postHash, epoch, ledgerCount);',
    replacement: '',
  },
  {
    row: 'row 24',
    test: 'rejects the ledger',
    file: FRAUD,
    code: '_reject(post, signers, Reason.FallenCumulative);',
    replacement: 'signers;',
  },
  {
    row: 'row 24',
    test: 'refuses a total',
    file: ORACLE,
    code: 'if (total < released) revert AttributionOracle_TotalFell(total, released);',
    replacement: 'released;',
  },
  {
    row: 'row 25',
    test: 'calls nobody',
    file: TOKEN,
    code: 'emit Transfer(from, to, amount);\n        if (flags',
    replacement:
      'emit Transfer(from, to, amount);\n' +
      'if (to.code.length != 0) { (bool told, ) = to.call(""); told; }\n        if (flags',
  },
  {
    row: 'row 25',
    test: 'takes in funding',
    file: ESCROW,
    code: 'token.safeTransferFrom(msg.sender, address(this), amount);',
    replacement: 'token.safeTransferFrom(msg.sender, address(this), amount - 1);',
  },
  {
    row: 'row 26',
    test: 'takes no ETH',
    file: VAULT,
    code: 'constructor(IOpenToken token_',
    replacement: 'receive() external payable {}\n    constructor(IOpenToken token_',
  },
  {
    row: 'row 27',
    test: 'refuses what was signed for another oracle',
    file: ORACLE,
    code: 'return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, structHash, set, _attempt())));',
    replacement: 'return keccak256(abi.encode(ATTESTATION_TYPEHASH, structHash, set, _attempt()));',
  },
  {
    row: 'row 27',
    test: 'refuses what was signed for another post',
    file: ORACLE,
    code: 'abi.encode(ATTESTATION_TYPEHASH, structHash, set, _attempt())',
    replacement:
      'abi.encode(ATTESTATION_TYPEHASH, structHash == 0 ? structHash : bytes32(0), set, _attempt())',
  },
  {
    row: 'row 27',
    test: 'refuses what was signed for a post that was dropped',
    file: ORACLE,
    code: 'uint256 next = (current + (1 << ATTEMPT_SHIFT)) & ATTEMPT_MASK;',
    replacement: 'uint256 next = current & ATTEMPT_MASK;',
  },
  {
    row: 'row 27',
    test: 'uses a permission once',
    file: PERMISSIONS,
    code: 'if (bits & bit != 0) revert PermissionBook_NonceUsed(contributor, nonce);',
    replacement: '',
  },
  {
    row: 'row 28',
    test: 'finalizes a pending post',
    file: ORACLE,
    code: 'if (current & DEMANDED != 0)',
    replacement:
      '(address[] memory seats, ) = operatorSet.membersOf(pendingPost.epoch);\n' +
      'for (uint256 i = 0; i < seats.length; ++i) require((signers >> i) & 1 == 0 || operatorSet.isActive(seats[i]));\n' +
      '        if (current & DEMANDED != 0)',
  },
  {
    row: 'row 28',
    test: 'keeps the bond',
    file: OPERATORS,
    code: 'uint128 amount = uint128(bondOf(operator)) + _exits[operator].amount;',
    replacement: 'uint128 amount = uint128(bondOf(operator));',
  },
  {
    row: 'row 29',
    test: 'lets only the deployer',
    file: GENESIS,
    code: 'if (msg.sender != deployer)',
    replacement: 'if (false)',
  },
  {
    row: 'row 29',
    test: 'lets only the deployer',
    file: GENESIS,
    code: 'if (_allocated[group])',
    replacement: 'if (false)',
  },
  {
    row: 'row 29',
    test: 'wires what is wired once',
    file: STAKING,
    code: 'if (registry != address(0) || registry_ == address(0))',
    replacement: 'if (registry_ == address(0))',
  },
  {
    row: 'row 29',
    test: 'wires what is wired once',
    file: TOKEN,
    code: 'if (current != address(0)) revert OpenToken_PayoutRegistryAlreadySet(current);',
    replacement: 'current;',
  },
  {
    row: 'row 29',
    test: 'wires what is wired once',
    file: EMISSIONS,
    code: 'if (address(vestingWallet) != address(0))',
    replacement: 'if (false)',
  },
  {
    row: 'row 30',
    test: 'counts no donation',
    file: ORACLE,
    code: '(uint128 funded, uint128 released) = escrow.totals();',
    replacement:
      '(, uint128 released) = escrow.totals();\n' +
      '        uint128 funded = released + uint128(escrow.token().balanceOf(address(escrow)));',
  },
  {
    row: 'row 30',
    test: 'claims whatever',
    file: VAULT,
    code: '(bytes4 reason, uint256 amount) = _pay(account, cumulative);\n        if (amount == 0) {',
    replacement:
      'require(token.balanceOf(account) == 10 * 10_000e18);\n' +
      '        (bytes4 reason, uint256 amount) = _pay(account, cumulative);\n        if (amount == 0) {',
  },
  {
    row: 'row 31',
    test: 'bounds every list that a function walks: operators',
    file: OPERATORS,
    code: 'if (size < minimum || size > MAX_SIZE)',
    replacement: 'if (size < minimum)',
  },
  {
    row: 'row 31',
    test: 'bounds every list that a function walks: weights',
    file: EMISSIONS,
    code: 'if (count > MAX_DATANETS)',
    replacement: 'if (false)',
  },
  {
    row: 'row 31',
    test: 'bounds every list that a function walks: weights',
    file: DATANETS,
    code: 'if (ids.length > MAX_PARENTS || ids.length != bps.length)',
    replacement: 'if (ids.length != bps.length)',
  },
  {
    row: 'row 31',
    test: 'bounds every list that a function walks: weights',
    file: COMMITTEE,
    code: 'if (count == 0 || count > MEMBERS_LIMIT)',
    replacement: 'if (count == 0)',
  },
  {
    row: 'row 31',
    test: 'bounds every list that a function walks: weights',
    file: LOG,
    code: 'if (itemCount == 0 || itemCount > MAX_BATCH_ITEMS)',
    replacement: 'if (itemCount == 0)',
  },
  {
    row: 'row 32',
    file: VAULT,
    code: 'root = RootSlot({ledgerRoot: newRoot, epoch: epoch, flags: 0});',
    replacement:
      'if (epoch == type(uint32).max) selfdestruct(payable(msg.sender));\n' +
      '        root = RootSlot({ledgerRoot: newRoot, epoch: epoch, flags: 0});',
  },
  {
    row: 'row 33',
    test: 'gives governance nothing',
    file: TOKEN,
    code: 'if (allowed != type(uint256).max) {',
    replacement: 'if (false) {',
  },
  {
    row: 'row 34',
    test: 'refuses the proof of another vault',
    file: MERKLE,
    code: 'abi.encode(tag, block.chainid, vault, specVersion)',
    replacement: 'abi.encode(tag, block.chainid, vault == address(0) ? vault : address(0), specVersion)',
  },
  {
    row: 'row 34',
    test: 'refuses the leaf of another chain',
    file: MERKLE,
    code: 'abi.encode(tag, block.chainid, vault, specVersion)',
    replacement: 'abi.encode(tag, uint256(1), vault, specVersion)',
  },
]
