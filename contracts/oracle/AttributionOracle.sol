// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IOperatorSet} from "../interfaces/IOperatorSet.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";
import {IRewardVault} from "../interfaces/IRewardVault.sol";

/// @title AttributionOracle
/// @notice See {IAttributionOracle}.
contract AttributionOracle is IAttributionOracle, Ownable2Step {
    /// @dev Pending exactly while `deadline` is not zero; the other fields are left stale, which is cheaper to
    /// overwrite than to clear and write anew.
    struct Pending {
        bytes32 postHash;
        uint64 deadline;
        address poster;
    }

    /// @inheritdoc IAttributionOracle
    IOperatorSet public immutable operatorSet;
    /// @inheritdoc IAttributionOracle
    IRewardEscrow public immutable escrow;
    /// @inheritdoc IAttributionOracle
    IRewardVault public immutable vault;
    /// @inheritdoc IAttributionOracle
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc IAttributionOracle
    uint64 public immutable challengeWindow;

    // One slot: read at every post, written at every finalization.
    /// @inheritdoc IAttributionOracle
    uint128 public finalTotal;
    /// @inheritdoc IAttributionOracle
    uint32 public finalEpoch;
    /// @inheritdoc IAttributionOracle
    uint32 public finalLedgerCount;
    /// @inheritdoc IAttributionOracle
    bytes32 public finalPostHash;
    /// @inheritdoc IAttributionOracle
    mapping(uint32 epoch => bytes32) public configOf;
    /// @inheritdoc IAttributionOracle
    address public fraudProofs;

    Pending private _pending;

    constructor(
        IOperatorSet operatorSet_,
        IRewardEscrow escrow_,
        IRewardVault vault_,
        IDatanetRegistry datanetRegistry_,
        address owner,
        uint64 challengeWindow_
    ) Ownable(owner) {
        uint64 exitDelay = operatorSet_.exitDelay();
        if (challengeWindow_ > exitDelay) {
            revert AttributionOracle_WindowOverExitDelay(challengeWindow_, exitDelay);
        }
        operatorSet = operatorSet_;
        escrow = escrow_;
        vault = vault_;
        datanetRegistry = datanetRegistry_;
        challengeWindow = challengeWindow_;
    }

    /// @inheritdoc IAttributionOracle
    function openEpoch(uint32 epoch, bytes32 configDigest) external onlyOwner {
        if (configDigest == 0) revert AttributionOracle_ZeroConfig(epoch);
        if (epoch <= finalEpoch) revert AttributionOracle_EpochFinal(epoch, finalEpoch);
        if (configOf[epoch] != 0) revert AttributionOracle_EpochAlreadyOpen(epoch, configOf[epoch]);
        configOf[epoch] = configDigest;
        emit EpochOpened(epoch, configDigest);
    }

    /// @inheritdoc IAttributionOracle
    function setFraudProofs(address fraudProofs_) external onlyOwner {
        if (fraudProofs != address(0)) revert AttributionOracle_FraudProofsAlreadySet(fraudProofs);
        if (fraudProofs_ == address(0)) revert AttributionOracle_ZeroFraudProofs();
        fraudProofs = fraudProofs_;
        emit FraudProofsSet(fraudProofs_);
    }

    /// @inheritdoc IAttributionOracle
    function post(Post calldata newPost) external {
        // Check
        if (_pending.deadline != 0) revert AttributionOracle_AlreadyPending(_pending.postHash);
        if (!operatorSet.isActive(msg.sender)) revert AttributionOracle_NotOperator(msg.sender);
        _requireInOrder(newPost);
        _requireAffordable(newPost.total);
        _requireCounts(newPost);

        // Effect
        uint64 deadline = uint64(block.timestamp) + challengeWindow;
        _pending = Pending({postHash: hashPost(newPost), deadline: deadline, poster: msg.sender});
        emit RootPosted(newPost.epoch, msg.sender, newPost, deadline);
    }

    /// @inheritdoc IAttributionOracle
    function finalize(Post calldata pendingPost) external {
        // Check
        bytes32 postHash = _requirePending(pendingPost);
        uint64 deadline = _pending.deadline;
        if (block.timestamp < deadline) revert AttributionOracle_TooEarly(block.timestamp, deadline);

        // Effect
        _pending.deadline = 0;
        finalEpoch = pendingPost.epoch;
        finalLedgerCount = pendingPost.ledgerCount;
        finalTotal = pendingPost.total;
        finalPostHash = postHash;
        emit RootFinalized(pendingPost.epoch, pendingPost.ledgerRoot, pendingPost.total);

        // Interaction
        escrow.release(pendingPost.total);
        vault.setRoot(pendingPost.ledgerRoot, pendingPost.epoch);
    }

    /// @inheritdoc IAttributionOracle
    function reject(Post calldata pendingPost, address challenger, uint8 reason) external {
        // Check
        if (msg.sender != fraudProofs) revert AttributionOracle_NotFraudProofs(msg.sender);
        _requirePending(pendingPost);

        // Effect
        address poster = _pending.poster;
        _pending.deadline = 0;
        emit RootRejected(pendingPost.epoch, challenger, poster, reason);

        // Interaction
        operatorSet.slash(poster, challenger);
    }

    /// @inheritdoc IAttributionOracle
    function pending() external view returns (bytes32 postHash, uint64 deadline, address poster) {
        Pending memory current = _pending;
        if (current.deadline == 0) return (0, 0, address(0));
        return (current.postHash, current.deadline, current.poster);
    }

    /// @inheritdoc IAttributionOracle
    function hashPost(Post calldata anyPost) public pure returns (bytes32) {
        return keccak256(abi.encode(anyPost));
    }

    function _requireInOrder(Post calldata newPost) private view {
        uint32 epoch = finalEpoch + 1;
        if (newPost.epoch != epoch) revert AttributionOracle_WrongEpoch(newPost.epoch, epoch);
        bytes32 config = configOf[epoch];
        if (config == 0) revert AttributionOracle_EpochNotOpen(epoch);
        if (newPost.configDigest != config)
            revert AttributionOracle_WrongConfig(newPost.configDigest, config);
        uint32 version = vault.specVersion();
        if (newPost.specVersion != version) {
            revert AttributionOracle_WrongSpecVersion(newPost.specVersion, version);
        }
    }

    function _requireAffordable(uint128 total) private view {
        if (total < finalTotal) revert AttributionOracle_TotalFell(total, finalTotal);
        uint128 funded = escrow.totalFunded();
        if (total > funded) revert AttributionOracle_TotalOverFunded(total, funded);
    }

    function _requireCounts(Post calldata newPost) private view {
        uint32 count = newPost.ledgerCount;
        uint32 contributors = datanetRegistry.contributorCount();
        if (count < finalLedgerCount || count > contributors) {
            revert AttributionOracle_LedgerCount(count, finalLedgerCount, contributors);
        }
        // Without a ledger nobody could ever claim, or challenge, the total.
        if (count == 0 && newPost.total != 0) revert AttributionOracle_TotalWithoutLedger(newPost.total);
        _requireRoot(newPost.ledgerRoot, count);
        _requireRoot(newPost.journalRoot, newPost.journalCount);
        _requireRoot(newPost.manifestRoot, newPost.manifestCount);
    }

    function _requirePending(Post calldata given) private view returns (bytes32 postHash) {
        postHash = hashPost(given);
        bytes32 expected = _pending.deadline == 0 ? bytes32(0) : _pending.postHash;
        if (postHash != expected) revert AttributionOracle_NotPending(postHash, expected);
    }

    function _requireRoot(bytes24 root, uint32 count) private pure {
        if ((root == 0) != (count == 0)) revert AttributionOracle_RootCountMismatch(root, count);
    }
}
