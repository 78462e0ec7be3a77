// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "./IDatanetRegistry.sol";
import {IOperatorSet} from "./IOperatorSet.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";
import {IRewardVault} from "./IRewardVault.sol";

/// @title IAttributionOracle
/// @notice Takes one root per epoch from a bonded operator, leaves it open to challenge, and makes it final.
/// @dev Assumptions: somebody recomputes each post within the window and challenges a lie. Safety: a final total never
/// exceeds what was funded when it was posted, and never falls; there is at most one pending post, which nobody can
/// replace or delay; its deadline is fixed when it is posted. Liveness: a rejected epoch can be posted again; the last
/// final root stays claimable throughout.
interface IAttributionOracle {
    /// @notice Everything an operator answers for. Only its hash is stored.
    /// @param epoch One more than the last final epoch, from 1.
    /// @param specVersion Version of the tree formats.
    /// @param configDigest SHA-256 of the epoch configuration.
    /// @param blockNumber The block up to which the chain was read, and its hash.
    /// @param inputsDigest Digest of the inputs read up to it.
    /// @param ledgerCount Number of ledger leaves, one per contributor index; likewise for journal and manifest.
    /// @param total Sum of the ledger's cumulatives: all rewards of all epochs, in wei.
    /// @param dataDigest SHA-256 of the published archive behind the roots.
    struct Post {
        uint32 epoch;
        uint32 specVersion;
        bytes32 configDigest;
        uint64 blockNumber;
        bytes32 blockHash;
        bytes32 inputsDigest;
        bytes24 ledgerRoot;
        bytes24 journalRoot;
        bytes24 manifestRoot;
        uint32 ledgerCount;
        uint32 journalCount;
        uint32 manifestCount;
        uint128 total;
        bytes32 dataDigest;
    }

    /// @notice The contract that proves lies was set, for ever.
    event FraudProofsSet(address indexed fraudProofs);
    /// @notice An epoch's configuration was fixed.
    event EpochOpened(uint32 indexed epoch, bytes32 configDigest);
    /// @notice A post is open to challenge until `deadline`, in seconds since 1970.
    event RootPosted(uint32 indexed epoch, address indexed poster, Post post, uint64 deadline);
    /// @notice A post became final and claimable.
    event RootFinalized(uint32 indexed epoch, bytes24 ledgerRoot, uint128 total);
    /// @notice A post was proven wrong; `reason` is an `IFraudProofs.Reason`. The epoch can be posted again.
    event RootRejected(
        uint32 indexed epoch,
        address indexed challenger,
        address indexed poster,
        uint8 reason
    );

    /// @notice Thrown when a bond could be withdrawn before the window closes; both in seconds.
    error AttributionOracle_WindowOverExitDelay(uint64 challengeWindow, uint64 exitDelay);
    /// @notice Thrown when the fraud proofs are set a second time; they are `fraudProofs`.
    error AttributionOracle_FraudProofsAlreadySet(address fraudProofs);
    /// @notice Thrown when the fraud proofs would be zero.
    error AttributionOracle_ZeroFraudProofs();
    /// @notice Thrown when somebody else than the fraud proofs rejects a post.
    error AttributionOracle_NotFraudProofs(address caller);
    /// @notice Thrown when an epoch's configuration was already fixed.
    error AttributionOracle_EpochAlreadyOpen(uint32 epoch, bytes32 configDigest);
    /// @notice Thrown when an epoch that is already final is opened.
    error AttributionOracle_EpochFinal(uint32 epoch, uint32 finalEpoch);
    /// @notice Thrown when a configuration digest is zero.
    error AttributionOracle_ZeroConfig(uint32 epoch);
    /// @notice Thrown when the poster is not an active operator.
    error AttributionOracle_NotOperator(address caller);
    /// @notice Thrown when another post is pending.
    error AttributionOracle_AlreadyPending(bytes32 postHash);
    /// @notice Thrown when a post is for another epoch than the next one.
    error AttributionOracle_WrongEpoch(uint32 got, uint32 expected);
    /// @notice Thrown when a post is for an epoch whose configuration was not fixed.
    error AttributionOracle_EpochNotOpen(uint32 epoch);
    /// @notice Thrown when a post was computed with another configuration than the fixed one.
    error AttributionOracle_WrongConfig(bytes32 got, bytes32 expected);
    /// @notice Thrown when a post uses other tree formats than the vault.
    error AttributionOracle_WrongSpecVersion(uint32 got, uint32 expected);
    /// @notice Thrown when the total is below the last final one.
    error AttributionOracle_TotalFell(uint128 got, uint128 finalTotal);
    /// @notice Thrown when the total is above what was ever funded.
    error AttributionOracle_TotalOverFunded(uint128 got, uint128 funded);
    /// @notice Thrown when the ledger has fewer leaves than the last final one, or more than there are contributors.
    error AttributionOracle_LedgerCount(uint32 got, uint32 minimum, uint32 maximum);
    /// @notice Thrown when a post without a ledger has a total.
    error AttributionOracle_TotalWithoutLedger(uint128 total);
    /// @notice Thrown when a root is zero though its tree has leaves, or not zero though it has none.
    error AttributionOracle_RootCountMismatch(bytes24 root, uint32 count);
    /// @notice Thrown when the given post is not the pending one; `pending` is zero if there is none.
    error AttributionOracle_NotPending(bytes32 got, bytes32 pending);
    /// @notice Thrown when a post is finalized before its deadline; times are in seconds since 1970.
    error AttributionOracle_TooEarly(uint256 timestamp, uint64 deadline);

    /// @notice Fixes how an epoch will be computed. Only the owner, once per epoch.
    function openEpoch(uint32 epoch, bytes32 configDigest) external;

    /// @notice Sets the contract that proves lies. Only the owner, only once.
    function setFraudProofs(address fraudProofs) external;

    /// @notice Posts an epoch's roots. Only an active operator, whose whole bond answers for them.
    function post(Post calldata newPost) external;

    /// @notice Makes the pending post final after its deadline: releases its total and replaces the vault's root.
    function finalize(Post calldata pendingPost) external;

    /// @notice Drops the pending post and slashes its poster. Only the fraud proofs.
    function reject(Post calldata pendingPost, address challenger, uint8 reason) external;

    /// @notice The pending post's hash, deadline and poster; zeros if there is none.
    function pending() external view returns (bytes32 postHash, uint64 deadline, address poster);

    /// @notice The configuration fixed for an epoch, zero if none.
    function configOf(uint32 epoch) external view returns (bytes32);

    /// @notice keccak256 of the ABI encoding of a post.
    function hashPost(Post calldata anyPost) external pure returns (bytes32);

    /// @notice The last final epoch, 0 before the first.
    function finalEpoch() external view returns (uint32);

    /// @notice The last final total, in wei.
    function finalTotal() external view returns (uint128);

    /// @notice The number of leaves of the last final ledger.
    function finalLedgerCount() external view returns (uint32);

    /// @notice The hash of the last final post, zero before the first.
    function finalPostHash() external view returns (bytes32);

    /// @notice How long a post is open to challenge, in seconds.
    function challengeWindow() external view returns (uint64);

    /// @notice Who may post.
    function operatorSet() external view returns (IOperatorSet);

    /// @notice Where funds wait.
    function escrow() external view returns (IRewardEscrow);

    /// @notice Where final roots are claimed.
    function vault() external view returns (IRewardVault);

    /// @notice Where contributors are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);

    /// @notice Who may reject, zero until set.
    function fraudProofs() external view returns (address);
}
