// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "./IAttributionOracle.sol";
import {IDatanetRegistry} from "./IDatanetRegistry.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";

/// @title IFraudProofs
/// @notice Anyone proves, without a bond and in one transaction, that the pending post is wrong.
/// @dev Safety: every challenge shows leaves under the posted roots that no honest post can have, or reverts; an honest
/// post cannot be rejected, and a failed challenge changes nothing. An honest tree has a leaf for every position below
/// its count and none elsewhere, all at the same depth. Sums are taken in 256 bits, so a leaf near the limit of its
/// fields cannot block its own challenge. Liveness: needs the published leaves; nobody can prove what was not revealed.
interface IFraudProofs {
    /// @notice What was proven. Stored nowhere; named in `RootRejected`.
    enum Reason {
        WrongAccount,
        FallenCumulative,
        WrongPrefix,
        WrongTotal,
        WrongIncrease,
        OverFunded
    }

    /// @notice The trees in which a leaf can be missing.
    enum Tree {
        Ledger,
        Journal
    }

    /// @notice A ledger leaf at position `index`, with its proof.
    struct LedgerLeaf {
        uint32 index;
        address account;
        uint128 cumulative;
        uint128 prefix;
        bytes proof;
    }

    /// @notice A journal leaf, with its proof.
    struct JournalLeaf {
        uint32 position;
        uint32 contributorIndex;
        uint32 poolPosition;
        uint128 amount;
        uint128 prefix;
        bytes proof;
    }

    /// @notice A manifest leaf, with its proof.
    struct ManifestLeaf {
        uint32 position;
        uint64 poolId;
        bytes24 settlementRoot;
        uint64 leafCount;
        uint128 totalWeight;
        uint128 amount;
        uint128 cumulative;
        uint128 prefix;
        bytes proof;
    }

    /// @notice Thrown when what was shown is as it should be.
    error FraudProofs_NothingWrong(uint256 expected, uint256 got);
    /// @notice Thrown when leaf and proof give another root than the posted one.
    error FraudProofs_NotInTree(bytes24 computed, bytes24 root);
    /// @notice Thrown when the other post is not the last final one; `expected` is zero if there is none.
    error FraudProofs_NotFinal(bytes32 got, bytes32 expected);
    /// @notice Thrown when two leaves should have the same position, or follow each other, and do not.
    error FraudProofs_WrongPosition(uint256 got, uint256 expected);
    /// @notice Thrown when journal leaves leave room for another entry of the contributor before or after them.
    error FraudProofs_Incomplete(uint32 contributorIndex);

    /// @notice The leaf names another account than the registry has at its index, or stands where no leaf can be.
    function challengeAccount(IAttributionOracle.Post calldata post, LedgerLeaf calldata leaf) external;

    /// @notice A position below the tree's count is empty.
    function challengeMissing(
        IAttributionOracle.Post calldata post,
        Tree tree,
        uint32 position,
        bytes calldata proof
    ) external;

    /// @notice An account has less than in the last final ledger.
    function challengeFallen(
        IAttributionOracle.Post calldata post,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_
    ) external;

    /// @notice The prefix of a ledger leaf is not its left neighbour's prefix and cumulative.
    function challengePrefix(
        IAttributionOracle.Post calldata post,
        LedgerLeaf calldata left,
        LedgerLeaf calldata right
    ) external;

    /// @notice The prefix of the ledger's first leaf is not zero.
    function challengeFirstPrefix(IAttributionOracle.Post calldata post, LedgerLeaf calldata first) external;

    /// @notice The prefix and cumulative of the ledger's last leaf are not the total.
    function challengeTotal(IAttributionOracle.Post calldata post, LedgerLeaf calldata last) external;

    /// @notice An account's increase is not the sum of its journal entries.
    /// @param last The last final post; ignored before there is one.
    /// @param was The account's leaf in it; ignored if the account was not in it.
    /// @param boundary Consecutive journal leaves that hold all entries of the contributor: from its left neighbour, or
    /// position 0, to its right neighbour, or the last position. Empty if the journal is.
    function challengeIncrease(
        IAttributionOracle.Post calldata post,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_,
        JournalLeaf[] calldata boundary
    ) external;

    /// @notice A journal leaf stands where no leaf can be, names no contributor or pool of the post, pays nothing, or
    /// is the first and has a prefix.
    function challengeJournalLeaf(IAttributionOracle.Post calldata post, JournalLeaf calldata leaf) external;

    /// @notice Two neighbouring journal leaves are out of order, or the right one's prefix is wrong.
    function challengeJournalOrder(
        IAttributionOracle.Post calldata post,
        JournalLeaf calldata left,
        JournalLeaf calldata right
    ) external;

    /// @notice The journal's sum is not the increase of the total.
    /// @param last The last final post; ignored before there is one.
    function challengeJournalTotal(
        IAttributionOracle.Post calldata post,
        IAttributionOracle.Post calldata last,
        JournalLeaf calldata lastLeaf
    ) external;

    /// @notice A pool has paid more than it was ever funded.
    function challengePool(IAttributionOracle.Post calldata post, ManifestLeaf calldata leaf) external;

    /// @notice Where posts are pending.
    function oracle() external view returns (IAttributionOracle);

    /// @notice Where contributors are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);

    /// @notice Where pools are funded.
    function escrow() external view returns (IRewardEscrow);
}
