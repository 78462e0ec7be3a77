// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IOperatorSet} from "../interfaces/IOperatorSet.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";
import {IRewardVault} from "../interfaces/IRewardVault.sol";

/// @title AttributionOracle
/// @notice See {IAttributionOracle}.
contract AttributionOracle is IAttributionOracle, AccessManaged, EIP712 {
    // What is pending is one slot, written once a post: hash (192 bits) | deadline (32) | challenge window (22) | attempt
    // (8) | flags (2). Something is pending exactly while the deadline is not zero; 32 bits hold it until 2106. An attempt
    // comes again only after 256 posts were dropped, and a signature is for one epoch.
    uint256 private constant HASH_SHIFT = 64;
    uint256 private constant DEADLINE_SHIFT = 32;
    uint256 private constant DEADLINE_MASK = uint256(type(uint32).max) << DEADLINE_SHIFT;
    uint256 private constant WINDOW_SHIFT = 10;
    uint256 private constant WINDOW_MASK = ((1 << 22) - 1) << WINDOW_SHIFT;
    uint256 private constant ATTEMPT_SHIFT = 2;
    uint256 private constant ATTEMPT_MASK = uint256(type(uint8).max) << ATTEMPT_SHIFT;
    uint256 private constant PAUSED = 1;
    uint256 private constant DEMANDED = 2;

    struct Limits {
        uint64 pausedUntil;
        uint64 pausableAt;
        uint64 cancellableAt;
    }

    /// @dev Three times what {IPageDemands} gives an answer at most.
    uint64 private constant MIN_WINDOW = 1 days;
    uint64 private constant MAX_WINDOW = 30 days;
    /// @dev How long a bond that leaves right after a post is still there after its deadline.
    uint64 private constant BOND_MARGIN = 1 days;
    uint64 private constant MAX_PAUSE = 3 days;
    uint64 private constant COOL_DOWN = 7 days;

    bytes32 private constant POST_TYPEHASH = keccak256(
        "Post(uint32 epoch,uint32 specVersion,bytes32 configDigest,uint64 blockNumber,bytes32 blockHash,"
        "bytes32 inputsDigest,bytes24 ledgerRoot,bytes24 journalRoot,bytes24 manifestRoot,uint32 ledgerCount,"
        "uint32 journalCount,uint32 manifestCount,uint128 total,bytes32 dataDigest)"
    );
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(Post post,bytes32 operatorSet,uint32 attempt)"
        "Post(uint32 epoch,uint32 specVersion,bytes32 configDigest,uint64 blockNumber,bytes32 blockHash,"
        "bytes32 inputsDigest,bytes24 ledgerRoot,bytes24 journalRoot,bytes24 manifestRoot,uint32 ledgerCount,"
        "uint32 journalCount,uint32 manifestCount,uint128 total,bytes32 dataDigest)"
    );

    /// @inheritdoc IAttributionOracle
    IOperatorSet public immutable operatorSet;
    /// @inheritdoc IAttributionOracle
    IRewardEscrow public immutable escrow;
    /// @inheritdoc IAttributionOracle
    IRewardVault public immutable vault;
    /// @inheritdoc IAttributionOracle
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc IAttributionOracle
    address public immutable predecessor;
    uint32 private immutable SPEC_VERSION;

    uint256 private _pending;
    /// @dev Hash (192 bits) | epoch (32) | ledger count (32).
    uint256 private _final;
    Limits private _limits;
    /// @inheritdoc IAttributionOracle
    uint256 public openDemands;
    /// @inheritdoc IAttributionOracle
    uint256 public proverCount;
    /// @inheritdoc IAttributionOracle
    mapping(uint32 epoch => bytes32) public configOf;
    /// @inheritdoc IAttributionOracle
    mapping(address prover => bool) public isProver;

    modifier onlyProver() {
        if (!isProver[msg.sender]) revert AttributionOracle_NotProver(msg.sender);
        _;
    }

    constructor(
        IOperatorSet operatorSet_,
        IRewardEscrow escrow_,
        IRewardVault vault_,
        IDatanetRegistry datanetRegistry_,
        address authority_,
        uint64 challengeWindow_,
        address predecessor_
    ) AccessManaged(authority_) EIP712("OpenDatanets AttributionOracle", "1") {
        operatorSet = operatorSet_;
        escrow = escrow_;
        vault = vault_;
        datanetRegistry = datanetRegistry_;
        predecessor = predecessor_;
        SPEC_VERSION = vault_.specVersion();
        _setChallengeWindow(operatorSet_, challengeWindow_);
    }

    /// @inheritdoc IAttributionOracle
    function openEpoch(uint32 epoch, bytes32 configDigest) external restricted {
        if (configDigest == 0) revert AttributionOracle_ZeroConfig(epoch);
        uint32 last = finalEpoch();
        if (epoch <= last) revert AttributionOracle_EpochFinal(epoch, last);
        if (configOf[epoch] != 0) revert AttributionOracle_EpochAlreadyOpen(epoch, configOf[epoch]);
        configOf[epoch] = configDigest;
        emit EpochOpened(epoch, configDigest);
    }

    /// @inheritdoc IAttributionOracle
    function post(Post calldata newPost, uint32 signers, bytes calldata signatures) external {
        _post(newPost, signers, signatures);
    }

    /// @inheritdoc IAttributionOracle
    function finalize(Post calldata pendingPost, uint32 signers) external {
        _finalize(pendingPost, signers);
    }

    /// @inheritdoc IAttributionOracle
    function advance(
        Post calldata pendingPost,
        uint32 pendingSigners,
        Post calldata newPost,
        uint32 signers,
        bytes calldata signatures
    ) external {
        _finalize(pendingPost, pendingSigners);
        _post(newPost, signers, signatures);
    }

    /// @inheritdoc IAttributionOracle
    function reject(
        Post calldata pendingPost,
        uint32 signers,
        address challenger,
        uint8 reason
    ) external onlyProver {
        // Check
        _requirePending(_pending, hashPost(pendingPost), signers);

        // Effect
        _drop();
        emit RootRejected(pendingPost.epoch, challenger, signers, reason);

        // Interaction
        operatorSet.slash(pendingPost.epoch, signers, challenger);
    }

    /// @inheritdoc IAttributionOracle
    function openDemand(
        Post calldata pendingPost,
        uint32 signers
    ) external onlyProver returns (uint64 deadline) {
        uint256 current = _pending;
        _requirePending(current, hashPost(pendingPost), signers);
        deadline = _deadline(current);
        if (openDemands++ == 0) _pending = current | DEMANDED;
    }

    /// @inheritdoc IAttributionOracle
    function closeDemands(uint256 count) external onlyProver {
        uint256 open = openDemands;
        if (count > open) revert AttributionOracle_TooManyClosed(count, open);
        openDemands = open - count;
        if (count == open) _pending &= ~DEMANDED;
    }

    /// @inheritdoc IAttributionOracle
    function cancelPending() external restricted {
        uint256 current = _pending;
        if (_deadline(current) == 0) revert AttributionOracle_NotPending(0, 0);
        _requireCooled(_limits.cancellableAt);
        // Whoever posts again at once is out of reach.
        _limits.cancellableAt = uint64(block.timestamp) + _window(current) + COOL_DOWN;
        _cancel();
    }

    /// @inheritdoc IAttributionOracle
    function pauseClaims() external restricted {
        // Check
        _requireCooled(_limits.pausableAt);

        // Effect
        uint64 until = uint64(block.timestamp) + MAX_PAUSE;
        (_limits.pausedUntil, _limits.pausableAt) = (until, until + COOL_DOWN);
        _pending |= PAUSED;
        emit ClaimsPaused(until);

        // Interaction
        vault.setRoot(0, finalEpoch());
    }

    /// @inheritdoc IAttributionOracle
    function resumeClaims(Post calldata lastFinal) external {
        // Check
        if (_pending & PAUSED == 0) revert AttributionOracle_NotPaused();
        if (block.timestamp < _limits.pausedUntil) _checkCanCall(msg.sender, msg.data);
        bytes24 finalHash = finalPostHash();
        bytes24 got = bytes24(hashPost(lastFinal));
        if (finalHash != 0 && got != finalHash) revert AttributionOracle_NotFinal(got, finalHash);

        // Effect
        _pending &= ~PAUSED;
        _limits.pausedUntil = 0;
        emit ClaimsResumed();

        // Interaction
        if (finalHash != 0) vault.setRoot(lastFinal.ledgerRoot, lastFinal.epoch);
    }

    /// @inheritdoc IAttributionOracle
    function setChallengeWindow(uint64 newWindow) external restricted {
        _setChallengeWindow(operatorSet, newWindow);
    }

    /// @inheritdoc IAttributionOracle
    function setProver(address prover, bool enabled) external restricted {
        _cancel();
        if (isProver[prover] != enabled) proverCount = enabled ? proverCount + 1 : proverCount - 1;
        isProver[prover] = enabled;
        emit ProverSet(prover, enabled);
    }

    /// @inheritdoc IAttributionOracle
    function handOver(address successor) external restricted {
        // Check
        if (_pending & PAUSED != 0) revert AttributionOracle_Paused();
        IAttributionOracle next = IAttributionOracle(successor);
        if (next.vault() != vault || next.escrow() != escrow || next.proverCount() == 0) {
            revert AttributionOracle_WrongSuccessor(successor);
        }

        // Effect
        _cancel();
        emit HandedOver(successor);

        // Interaction
        vault.setOracle(successor);
        escrow.setOracle(successor);
        operatorSet.setOracle(successor);
        // Operators of another set must have been handed over before: else no lie could be rejected.
        if (next.operatorSet().oracle() != successor) revert AttributionOracle_WrongSuccessor(successor);
        next.takeOver();
    }

    /// @inheritdoc IAttributionOracle
    function takeOver() external {
        // Check
        if (msg.sender != predecessor) revert AttributionOracle_NotPredecessor(msg.sender, predecessor);

        // Effect: what was posted here before had no ledger to follow.
        _drop();
        (bytes24 postHash, uint32 epoch, uint32 ledgerCount) = IAttributionOracle(predecessor).finalPost();
        _setFinal(postHash, epoch, ledgerCount);
        emit TakenOver(predecessor, epoch, postHash);
    }

    /// @inheritdoc IAttributionOracle
    function pending() external view returns (bytes24 pendingHash, uint64 deadline) {
        uint256 current = _pending;
        return (_hashIn(current), _deadline(current));
    }

    /// @inheritdoc IAttributionOracle
    function finalPost() external view returns (bytes24 postHash, uint32 epoch, uint32 ledgerCount) {
        return (finalPostHash(), finalEpoch(), finalLedgerCount());
    }

    /// @inheritdoc IAttributionOracle
    function finalTotal() external view returns (uint128) {
        return escrow.totalReleased();
    }

    /// @inheritdoc IAttributionOracle
    function attestationDigest(Post calldata anyPost) external view returns (bytes32) {
        return _attestationDigest(anyPost.epoch, hashPost(anyPost));
    }

    /// @inheritdoc IAttributionOracle
    function attempt() external view returns (uint32) {
        return _attempt();
    }

    /// @inheritdoc IAttributionOracle
    function challengeWindow() external view returns (uint64) {
        return _window(_pending);
    }

    /// @inheritdoc IAttributionOracle
    function guardianLimits()
        external
        view
        returns (uint64 pausedUntil, uint64 pausableAt, uint64 cancellableAt)
    {
        return (_limits.pausedUntil, _limits.pausableAt, _limits.cancellableAt);
    }

    /// @inheritdoc IAttributionOracle
    function finalEpoch() public view returns (uint32) {
        return uint32(_final >> 32);
    }

    /// @inheritdoc IAttributionOracle
    function finalLedgerCount() public view returns (uint32) {
        return uint32(_final);
    }

    /// @inheritdoc IAttributionOracle
    function finalPostHash() public view returns (bytes24) {
        return bytes24(bytes32(_final));
    }

    /// @inheritdoc IAttributionOracle
    function hashPost(Post calldata anyPost) public pure returns (bytes32 structHash) {
        // keccak256(abi.encode(POST_TYPEHASH, anyPost)) without a look at each field: `_post` lets no dirty ones in.
        bytes32 typehash = POST_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), anyPost, 0x1c0)
            structHash := keccak256(free, 0x1e0)
        }
    }

    function _post(Post calldata newPost, uint32 signers, bytes calldata signatures) private {
        // Check
        uint256 current = _pending;
        _requireNothingPending(current);
        _requireInOrder(newPost);
        _requireAffordable(newPost.total);
        bytes32 structHash = hashPost(newPost);
        // A poster that is the whole quorum signs by sending: there is no digest to compute.
        bytes32 digest = signatures.length == 0 ? bytes32(0) : _attestationDigest(newPost.epoch, structHash);
        operatorSet.requireQuorum(newPost.epoch, digest, msg.sender, signers, signatures);

        // Effect
        uint64 deadline = uint64(block.timestamp) + _window(current);
        _pending =
            (uint256(uint192(_pendingHash(structHash, signers))) << HASH_SHIFT) |
            (uint256(deadline) << DEADLINE_SHIFT) |
            (current & (WINDOW_MASK | ATTEMPT_MASK | PAUSED));
        // Encoding the event also checks every field's range.
        emit RootPosted(newPost.epoch, msg.sender, newPost, signers, deadline);
    }

    function _finalize(Post calldata pendingPost, uint32 signers) private {
        // Check
        uint256 current = _pending;
        bytes32 structHash = hashPost(pendingPost);
        _requirePending(current, structHash, signers);
        uint64 deadline = _deadline(current);
        if (block.timestamp < deadline) revert AttributionOracle_TooEarly(block.timestamp, deadline);
        if (current & DEMANDED != 0) revert AttributionOracle_DemandsOpen(openDemands);

        // Effect: the stale hash is cheaper to overwrite than to clear and write anew.
        _pending = current & ~DEADLINE_MASK;
        _setFinal(bytes24(structHash), pendingPost.epoch, pendingPost.ledgerCount);
        emit RootFinalized(pendingPost.epoch, pendingPost.ledgerRoot, pendingPost.total);

        // Interaction
        escrow.release(pendingPost.total);
        if (current & PAUSED == 0) vault.setRoot(pendingPost.ledgerRoot, pendingPost.epoch);
    }

    function _setFinal(bytes24 postHash, uint32 epoch, uint32 ledgerCount) private {
        _final = (uint256(uint192(postHash)) << HASH_SHIFT) | (uint256(epoch) << 32) | ledgerCount;
    }

    /// @dev What was signed for the dropped post is worth nothing any more.
    function _drop() private {
        uint256 current = _pending;
        uint256 next = (current + (1 << ATTEMPT_SHIFT)) & ATTEMPT_MASK;
        _pending = (current & ~(DEADLINE_MASK | ATTEMPT_MASK | DEMANDED)) | next;
        openDemands = 0;
    }

    /// @dev Without a slash, if something is pending.
    function _cancel() private {
        if (_deadline(_pending) == 0) return;
        _drop();
        emit RootCancelled(finalEpoch() + 1);
    }

    function _setChallengeWindow(IOperatorSet operators, uint64 newWindow) private {
        uint64 exitDelay = operators.exitDelay();
        uint64 maximum = exitDelay < BOND_MARGIN ? 0 : exitDelay - BOND_MARGIN;
        if (maximum > MAX_WINDOW) maximum = MAX_WINDOW;
        if (newWindow < MIN_WINDOW || newWindow > maximum) {
            revert AttributionOracle_WindowOutside(newWindow, MIN_WINDOW, maximum);
        }
        _pending = (_pending & ~WINDOW_MASK) | (uint256(newWindow) << WINDOW_SHIFT);
        emit ChallengeWindowSet(newWindow);
    }

    function _requireInOrder(Post calldata newPost) private view {
        uint256 last = _final;
        uint32 epoch = uint32(last >> 32) + 1;
        if (newPost.epoch != epoch) revert AttributionOracle_WrongEpoch(newPost.epoch, epoch);
        bytes32 config = configOf[epoch];
        if (config == 0) revert AttributionOracle_EpochNotOpen(epoch);
        if (newPost.configDigest != config) {
            revert AttributionOracle_WrongConfig(newPost.configDigest, config);
        }
        if (newPost.specVersion != SPEC_VERSION) {
            revert AttributionOracle_WrongSpecVersion(newPost.specVersion, SPEC_VERSION);
        }
        uint32 count = newPost.ledgerCount;
        if (count < uint32(last)) revert AttributionOracle_LedgerCount(count, uint32(last));
        // Without a ledger nobody could ever claim, or challenge, the total.
        if (count == 0 && newPost.total != 0) revert AttributionOracle_TotalWithoutLedger(newPost.total);
        _requireRoot(newPost.ledgerRoot, count);
        _requireRoot(newPost.journalRoot, newPost.journalCount);
        _requireRoot(newPost.manifestRoot, newPost.manifestCount);
    }

    function _requireAffordable(uint128 total) private view {
        (uint128 funded, uint128 released) = escrow.totals();
        if (total < released) revert AttributionOracle_TotalFell(total, released);
        if (total > funded) revert AttributionOracle_TotalOverFunded(total, funded);
    }

    function _requireCooled(uint64 allowedAt) private view {
        if (block.timestamp < allowedAt) revert AttributionOracle_CoolDown(block.timestamp, allowedAt);
    }

    function _attestationDigest(uint32 epoch, bytes32 structHash) private view returns (bytes32) {
        bytes32 set = operatorSet.setDigest(epoch);
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, structHash, set, _attempt())));
    }

    function _attempt() private view returns (uint32) {
        return uint8(_pending >> ATTEMPT_SHIFT);
    }

    function _requirePending(uint256 current, bytes32 structHash, uint32 signers) private pure {
        bytes24 got = _pendingHash(structHash, signers);
        bytes24 expected = _hashIn(current);
        if (got != expected) revert AttributionOracle_NotPending(got, expected);
    }

    function _requireNothingPending(uint256 current) private pure {
        if (_deadline(current) != 0) revert AttributionOracle_AlreadyPending(_hashIn(current));
    }

    function _requireRoot(bytes24 root, uint32 count) private pure {
        if ((root == 0) != (count == 0)) revert AttributionOracle_RootCountMismatch(root, count);
    }

    function _pendingHash(bytes32 structHash, uint32 signers) private pure returns (bytes24) {
        return bytes24(keccak256(abi.encode(structHash, signers)));
    }

    /// @dev Zero if nothing is pending.
    function _hashIn(uint256 current) private pure returns (bytes24) {
        return _deadline(current) == 0 ? bytes24(0) : bytes24(bytes32(current));
    }

    function _deadline(uint256 current) private pure returns (uint64) {
        return uint32(current >> DEADLINE_SHIFT);
    }

    function _window(uint256 current) private pure returns (uint64) {
        return uint64((current & WINDOW_MASK) >> WINDOW_SHIFT);
    }
}
