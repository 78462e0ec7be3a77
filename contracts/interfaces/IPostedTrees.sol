// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "./IAttributionOracle.sol";

/// @title IPostedTrees
/// @notice What all proofs against a post speak of: the four trees behind it, their leaves, and what was proven.
/// @dev Assumptions: the oracle says truly what is pending and what is final. Safety: an honest tree has a leaf for every
/// position below its count and none elsewhere, all at the same depth; its leaves are in ascending order, and each prefix
/// is the sum before it. What cannot be so in any honest post proves a lie. Liveness: needs the leaves; what was not
/// published can be demanded (see {IPageDemands}).
interface IPostedTrees {
    /// @notice What was proven. Stored nowhere; named in `RootRejected`.
    enum Reason {
        WrongAccount,
        FallenCumulative,
        WrongPrefix,
        WrongTotal,
        WrongIncrease,
        OverFunded,
        WrongPool,
        WrongWeight,
        WrongEntry,
        Unrevealed
    }

    /// @notice The trees behind a post. There is a settlement tree for each pool.
    enum Tree {
        Ledger,
        Journal,
        Manifest,
        Settlement
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

    /// @notice A leaf of a pool's settlement, with its proof.
    struct SettlementLeaf {
        uint64 position;
        uint32 contributorIndex;
        uint64 contributionId;
        uint64 weight;
        uint128 prefix;
        bytes proof;
    }

    /// @notice Thrown when what was shown is as it should be.
    error PostedTrees_NothingWrong(uint256 expected, uint256 got);
    /// @notice Thrown when leaf and proof give another root than the posted one.
    error PostedTrees_NotInTree(bytes24 computed, bytes24 root);
    /// @notice Thrown when the other post is not the last final one; `expected` is zero if there is none.
    error PostedTrees_NotFinal(bytes24 got, bytes24 expected);
    /// @notice Thrown when two leaves should have the same position, or follow each other, and do not.
    error PostedTrees_WrongPosition(uint256 got, uint256 expected);
    /// @notice Thrown when the leaves shown leave room for another leaf with that contributor, pool or entry.
    error PostedTrees_Incomplete(uint256 key);

    /// @notice Where posts are pending.
    function oracle() external view returns (IAttributionOracle);
}
