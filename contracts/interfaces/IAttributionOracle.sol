// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "./IDatanetRegistry.sol";
import {IOperatorSet} from "./IOperatorSet.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";
import {IRewardVault} from "./IRewardVault.sol";

/// @title IAttributionOracle
/// @notice Takes one root per epoch from a quorum of bonded operators, leaves it open to challenge, and makes it final.
/// @dev Assumptions: somebody recomputes each post within the window and challenges a lie. Safety: a final total never
/// exceeds what was funded when it was posted, and never falls; there is at most one pending post, which nobody can
/// replace; its deadline is fixed when it is posted. What was signed for a post that was dropped cannot be posted again,
/// nor what was signed to follow it. Governance drops the pending post, and slashes nobody, when it changes the provers
/// or hands over: an endless row of posts cannot keep it from either, and no post is judged by other provers than it was
/// signed under. The guardian moves no funds: it can drop a pending post, then not
/// again before a post that follows at once has had its window and seven days more, and it can hold claims back for three
/// days in any ten. Liveness: a rejected or cancelled epoch can be posted again; the last final root stays claimable
/// throughout, but for a pause, which anyone ends after three days. A pending post finalizes whatever its operators do.
interface IAttributionOracle {
    /// @notice Everything the operators answer for. Only its hash is stored.
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

    /// @notice A contract may, or may no longer, reject posts that it proves wrong.
    event ProverSet(address indexed prover, bool enabled);
    /// @notice Later posts are open to challenge for that long, in seconds.
    event ChallengeWindowSet(uint64 challengeWindow);
    /// @notice An epoch's configuration was fixed.
    event EpochOpened(uint32 indexed epoch, bytes32 configDigest);
    /// @notice A post is open to challenge until `deadline`, in seconds since 1970. `signers` has bit i for seat i.
    event RootPosted(
        uint32 indexed epoch,
        address indexed poster,
        Post post,
        uint32 signers,
        uint64 deadline
    );
    /// @notice A post became final and claimable.
    event RootFinalized(uint32 indexed epoch, bytes24 ledgerRoot, uint128 total);
    /// @notice A post was proven wrong; `reason` is an `IFraudProofs.Reason`. The epoch can be posted again.
    event RootRejected(uint32 indexed epoch, address indexed challenger, uint32 signers, uint8 reason);
    /// @notice The guardian or governance dropped a post. The epoch can be posted again, even with the same roots, but not
    /// with the same signatures.
    event RootCancelled(uint32 indexed epoch);
    /// @notice Claims are held back until they are resumed, by anyone from `until` on, in seconds since 1970.
    event ClaimsPaused(uint64 until);
    /// @notice The last final root is claimable again.
    event ClaimsResumed();
    /// @notice The vault, the escrow and the operators obey `successor`, which continues the ledger.
    event HandedOver(address indexed successor);
    /// @notice This oracle continues the ledger that was final up to `epoch`.
    event TakenOver(address indexed predecessor, uint32 epoch, bytes24 postHash);

    /// @notice Thrown when a window is outside its hard bounds, a day and thirty, or less than a day below the exit delay;
    /// all in seconds.
    error AttributionOracle_WindowOutside(uint64 challengeWindow, uint64 minimum, uint64 maximum);
    /// @notice Thrown when somebody else than a prover rejects a post, or opens or closes a demand.
    error AttributionOracle_NotProver(address caller);
    /// @notice Thrown when an epoch's configuration was already fixed.
    error AttributionOracle_EpochAlreadyOpen(uint32 epoch, bytes32 configDigest);
    /// @notice Thrown when an epoch that is already final is opened.
    error AttributionOracle_EpochFinal(uint32 epoch, uint32 finalEpoch);
    /// @notice Thrown when a configuration digest is zero.
    error AttributionOracle_ZeroConfig(uint32 epoch);
    /// @notice Thrown when a post is sent while another is pending.
    error AttributionOracle_AlreadyPending(bytes24 pendingHash);
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
    /// @notice Thrown when the ledger has fewer leaves than the last final one.
    error AttributionOracle_LedgerCount(uint32 got, uint32 minimum);
    /// @notice Thrown when a post without a ledger has a total.
    error AttributionOracle_TotalWithoutLedger(uint128 total);
    /// @notice Thrown when a root is zero though its tree has leaves, or not zero though it has none.
    error AttributionOracle_RootCountMismatch(bytes24 root, uint32 count);
    /// @notice Thrown when the given post and signers are not the pending ones; `pending` is zero if there are none.
    error AttributionOracle_NotPending(bytes24 got, bytes24 pending);
    /// @notice Thrown when a post is finalized before its deadline; times are in seconds since 1970.
    error AttributionOracle_TooEarly(uint256 timestamp, uint64 deadline);
    /// @notice Thrown when a post is finalized while demands for its pages are open.
    error AttributionOracle_DemandsOpen(uint256 demands);
    /// @notice Thrown when more demands are closed than are open.
    error AttributionOracle_TooManyClosed(uint256 count, uint256 open);
    /// @notice Thrown when the guardian acts again too early; times are in seconds since 1970.
    error AttributionOracle_CoolDown(uint256 timestamp, uint64 allowedAt);
    /// @notice Thrown when claims that are not paused are resumed.
    error AttributionOracle_NotPaused();
    /// @notice Thrown when the ledger is handed over while claims are paused.
    error AttributionOracle_Paused();
    /// @notice Thrown when the given post is not the last final one.
    error AttributionOracle_NotFinal(bytes24 got, bytes24 finalHash);
    /// @notice Thrown when a successor serves another vault or another escrow, has no prover, or has operators that it could
    /// not slash.
    error AttributionOracle_WrongSuccessor(address successor);
    /// @notice Thrown when somebody else than the predecessor hands over.
    error AttributionOracle_NotPredecessor(address caller, address predecessor);

    /// @notice Fixes how an epoch will be computed, once. Only the epoch manager.
    function openEpoch(uint32 epoch, bytes32 configDigest) external;

    /// @notice Posts an epoch's roots with the signatures of a quorum, whose whole bonds answer for them.
    /// @param signers Bit i for seat i of the epoch's operators.
    /// @param signatures See {IOperatorSet-requireQuorum}, over `attestationDigest(newPost)`.
    function post(Post calldata newPost, uint32 signers, bytes calldata signatures) external;

    /// @notice Makes the pending post final after its deadline: releases its total and replaces the vault's root.
    function finalize(Post calldata pendingPost, uint32 signers) external;

    /// @notice `finalize`, then `post`.
    function advance(
        Post calldata pendingPost,
        uint32 pendingSigners,
        Post calldata newPost,
        uint32 signers,
        bytes calldata signatures
    ) external;

    /// @notice Drops the pending post and slashes its signers. Only a prover.
    function reject(Post calldata pendingPost, uint32 signers, address challenger, uint8 reason) external;

    /// @notice Holds the pending post back from finalization until the demand is closed. Only a prover.
    /// @return deadline The pending post's deadline, which does not move.
    function openDemand(Post calldata pendingPost, uint32 signers) external returns (uint64 deadline);

    /// @notice Closes demands that were opened for the pending post. Only a prover, which answers for the pairing.
    function closeDemands(uint256 count) external;

    /// @notice Drops the pending post; nobody is slashed. Only the guardian, and then not before a challenge window and
    /// seven days have passed.
    function cancelPending() external;

    /// @notice Holds claims back for at most three days. Only the guardian, at most once in ten days.
    function pauseClaims() external;

    /// @notice Makes the last final root claimable again. Anyone after three days, the guardian at any time.
    /// @param lastFinal The last final post; anything before the first.
    function resumeClaims(Post calldata lastFinal) external;

    /// @notice Changes how long later posts are open to challenge, in seconds: at least a day, so that pages of three trees
    /// can be demanded one after another, at most thirty, and a day less than the operators' exit delay, so that a bond is
    /// there to be slashed for every post made with it. Only governance.
    function setChallengeWindow(uint64 newWindow) external;

    /// @notice Lets a contract reject posts, or stops it; drops the pending post. Only governance.
    function setProver(address prover, bool enabled) external;

    /// @notice Gives vault, escrow and operators to another oracle, which continues the ledger; drops the pending post, not
    /// while claims are paused. If the successor has another operator set, that must obey it already. Only governance.
    function handOver(address successor) external;

    /// @notice Copies the predecessor's final state. Only the predecessor, in its `handOver`.
    function takeOver() external;

    /// @notice What is pending: the first 24 bytes of keccak256 of the ABI encoding of `hashPost` and signers, and the
    /// deadline; zeros if nothing is.
    function pending() external view returns (bytes24 pendingHash, uint64 deadline);

    /// @notice How many demands hold the pending post back.
    function openDemands() external view returns (uint256);

    /// @notice The last final post: the first 24 bytes of its hash, its epoch, its number of ledger leaves; zeros before
    /// the first.
    function finalPost() external view returns (bytes24 postHash, uint32 epoch, uint32 ledgerCount);

    /// @notice The last final epoch, 0 before the first.
    function finalEpoch() external view returns (uint32);

    /// @notice The last final total, in wei: all that the escrow ever released.
    function finalTotal() external view returns (uint128);

    /// @notice The number of leaves of the last final ledger.
    function finalLedgerCount() external view returns (uint32);

    /// @notice The first 24 bytes of the hash of the last final post, zero before the first.
    function finalPostHash() external view returns (bytes24);

    /// @notice The configuration fixed for an epoch, zero if none.
    function configOf(uint32 epoch) external view returns (bytes32);

    /// @notice The EIP-712 struct hash of a post.
    function hashPost(Post calldata anyPost) external pure returns (bytes32);

    /// @notice What operators sign now: the EIP-712 digest of `Attestation(Post post,bytes32 operatorSet,uint32 attempt)`,
    /// with the digest of the set of the post's epoch, in the domain "OpenDatanets AttributionOracle", version "1", of this
    /// contract.
    function attestationDigest(Post calldata anyPost) external view returns (bytes32);

    /// @notice Raised, modulo 256, whenever a pending post is dropped.
    function attempt() external view returns (uint32);

    /// @notice How many contracts may reject.
    function proverCount() external view returns (uint256);

    /// @notice Whether a contract may reject.
    function isProver(address prover) external view returns (bool);

    /// @notice How long a new post is open to challenge, in seconds.
    function challengeWindow() external view returns (uint64);

    /// @notice Until when claims are held back, and from when the guardian may pause or cancel again, in seconds since
    /// 1970; `pausedUntil` is zero while claims are not paused.
    function guardianLimits()
        external
        view
        returns (uint64 pausedUntil, uint64 pausableAt, uint64 cancellableAt);

    /// @notice The oracle whose ledger this one may continue, zero for the first.
    function predecessor() external view returns (address);

    /// @notice Who may post.
    function operatorSet() external view returns (IOperatorSet);

    /// @notice Where funds wait.
    function escrow() external view returns (IRewardEscrow);

    /// @notice Where final roots are claimed.
    function vault() external view returns (IRewardVault);

    /// @notice Where contributors are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);
}
