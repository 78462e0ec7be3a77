// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "./IAttributionOracle.sol";
import {IDatanetRegistry} from "./IDatanetRegistry.sol";
import {IPostedTrees} from "./IPostedTrees.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";

/// @title ISettlementProofs
/// @notice Anyone proves, without a bond and in one transaction, that the way from integer weights to journal entries is
/// wrong: in a pool's settlement, in the manifest, or between settlement and journal. `signers` is always as in
/// `RootPosted`, and `pool` the manifest leaf of the settlement in question.
/// @dev Assumptions: what a pool was funded, and how much a contributor committed, never falls; a contribution's id is
/// `(contributorIndex << 32) | n` with n below what its contributor committed. Safety: as in {IFraudProofs}; a weight
/// itself is never judged. Liveness: needs the published leaves, and never more than eight of them.
interface ISettlementProofs is IPostedTrees {
    /// @notice A settlement leaf stands where no leaf can be, names no contributor of the post or nothing that this
    /// contributor committed, has no weight, or is the first and has a prefix.
    function challengeWeight(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        SettlementLeaf calldata leaf
    ) external;

    /// @notice Two neighbouring settlement leaves are out of order, or the right one's prefix is wrong.
    function challengeWeightOrder(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        SettlementLeaf calldata left,
        SettlementLeaf calldata right
    ) external;

    /// @notice The prefix and weight of a settlement's last leaf are not the pool's total weight.
    function challengeWeightTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        SettlementLeaf calldata lastLeaf
    ) external;

    /// @notice A position below a settlement's count is empty.
    function challengeWeightMissing(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        uint64 position,
        bytes calldata proof
    ) external;

    /// @notice A contributor's journal entry for a pool, or that it has none, is not what the settlement gives: with A
    /// and B the sums of weights before its first and after its last leaf, floor(amount * B / totalWeight) -
    /// floor(amount * A / totalWeight).
    /// @param boundary Its first and last settlement leaf (once if it is one leaf), each with its neighbour of another
    /// contributor unless it is at the end. Without any the two neighbours around the gap, the one leaf at the end, or
    /// nothing if the settlement is empty.
    /// @param entry The journal leaf; if there is none, the gap in the same way.
    function challengeEntry(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        uint32 contributorIndex,
        SettlementLeaf[] calldata boundary,
        JournalLeaf[] calldata entry
    ) external;

    /// @notice A manifest leaf stands where no leaf can be, has one of root, count and total weight without the others,
    /// pays without weights, is of a pool that was never funded, or is the first and has a prefix.
    function challengePoolLeaf(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata leaf
    ) external;

    /// @notice Two neighbouring manifest leaves are out of order, or the right one's prefix is wrong.
    function challengePoolOrder(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata left,
        ManifestLeaf calldata right
    ) external;

    /// @notice The manifest's sum is not the increase of the total.
    /// @param last The last final post; ignored before there is one.
    function challengePoolTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        ManifestLeaf calldata lastLeaf
    ) external;

    /// @notice A pool's cumulative is not the one of the last final manifest and its amount.
    /// @param last The last final post; ignored before there is one.
    /// @param was The pool's leaf in its manifest; if there is none, the two neighbours around the gap, the one leaf at
    /// the end, or nothing if that manifest is empty. Ignored before there is a final post.
    function challengePoolCumulative(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        ManifestLeaf calldata leaf,
        ManifestLeaf[] calldata was
    ) external;

    /// @notice A pool of the last final manifest that has ever paid is not in the new one.
    /// @param around The gap in the new manifest: two neighbours, one leaf at the end, or nothing if it is empty.
    function challengePoolDropped(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        ManifestLeaf calldata was,
        ManifestLeaf[] calldata around
    ) external;

    /// @notice A pool has paid more than it was ever funded.
    function challengePool(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata leaf
    ) external;

    /// @notice Where contributors and contributions are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);

    /// @notice Where pools are funded.
    function escrow() external view returns (IRewardEscrow);
}
