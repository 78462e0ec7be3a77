// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "./IAttributionOracle.sol";
import {IDatanetRegistry} from "./IDatanetRegistry.sol";
import {IPostedTrees} from "./IPostedTrees.sol";

/// @title IFraudProofs
/// @notice Anyone proves, without a bond and in one transaction, that ledger or journal of the pending post are wrong.
/// `signers` is always as in `RootPosted`.
/// @dev Assumptions: contributors are never unregistered. Safety: every challenge shows leaves under the posted roots
/// that no honest post can have, or reverts; an honest post cannot be rejected, and a failed challenge changes nothing.
/// Liveness: needs the published leaves, and never more than eight of them.
interface IFraudProofs is IPostedTrees {
    /// @notice Thrown when a leaf is said to be missing in a tree that has no root in the post.
    error FraudProofs_NotInPost(Tree tree);

    /// @notice The leaf names another account than the registry has at its index, or none, or stands where no leaf can
    /// be.
    function challengeAccount(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata leaf
    ) external;

    /// @notice A position below the count of ledger, journal or manifest is empty.
    function challengeMissing(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        Tree tree,
        uint32 position,
        bytes calldata proof
    ) external;

    /// @notice An account has less than in the last final ledger.
    function challengeFallen(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_
    ) external;

    /// @notice The prefix of a ledger leaf is not its left neighbour's prefix and cumulative.
    function challengePrefix(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata left,
        LedgerLeaf calldata right
    ) external;

    /// @notice The prefix of the ledger's first leaf is not zero.
    function challengeFirstPrefix(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata first
    ) external;

    /// @notice The prefix and cumulative of the ledger's last leaf are not the total.
    function challengeTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata last
    ) external;

    /// @notice An account's increase is not the sum of its journal entries.
    /// @param last The last final post; ignored before there is one.
    /// @param was The account's leaf in it; ignored if the account was not in it.
    /// @param boundary The contributor's first and last journal leaf (once if it is one leaf), each with its neighbour of
    /// another contributor unless it is at the end of the journal. For a contributor without entries the two neighbours
    /// around the gap, the one leaf at the end, or nothing if the journal is empty.
    function challengeIncrease(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_,
        JournalLeaf[] calldata boundary
    ) external;

    /// @notice A journal leaf stands where no leaf can be, names no contributor or pool of the post, pays nothing, or
    /// is the first and has a prefix.
    function challengeJournalLeaf(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        JournalLeaf calldata leaf
    ) external;

    /// @notice Two neighbouring journal leaves are out of order, or the right one's prefix is wrong.
    function challengeJournalOrder(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        JournalLeaf calldata left,
        JournalLeaf calldata right
    ) external;

    /// @notice The journal's sum is not the increase of the total.
    /// @param last The last final post; ignored before there is one.
    function challengeJournalTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        JournalLeaf calldata lastLeaf
    ) external;

    /// @notice Where contributors are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);
}
