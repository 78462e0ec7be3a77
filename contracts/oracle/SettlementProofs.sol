// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";
import {ISettlementProofs} from "../interfaces/ISettlementProofs.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";
import {PostedTrees} from "./PostedTrees.sol";

/// @title SettlementProofs
/// @notice See {ISettlementProofs}. Holds no state and no money.
contract SettlementProofs is ISettlementProofs, PostedTrees {
    uint256 private constant CONTRIBUTOR_SHIFT = 32;

    /// @inheritdoc ISettlementProofs
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc ISettlementProofs
    IRewardEscrow public immutable escrow;

    constructor(IAttributionOracle oracle_) PostedTrees(oracle_) {
        datanetRegistry = oracle_.datanetRegistry();
        escrow = oracle_.escrow();
    }

    /// @inheritdoc ISettlementProofs
    function challengeWeight(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        SettlementLeaf calldata leaf
    ) external {
        _requireManifest(post, pool);
        _requireSettlement(pool, leaf);
        bool honest =
            _inPlace(leaf.position, leaf.proof, pool.leafCount) &&
                leaf.contributorIndex < post.ledgerCount &&
                leaf.weight != 0 &&
                _isCommitted(leaf.contributorIndex, leaf.contributionId);
        if (honest) _requireDifferent(leaf.position == 0 ? 0 : leaf.prefix, leaf.prefix);
        _reject(post, signers, Reason.WrongWeight);
    }

    /// @inheritdoc ISettlementProofs
    function challengeWeightOrder(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        SettlementLeaf calldata left,
        SettlementLeaf calldata right
    ) external {
        _requirePosition(right.position, uint256(left.position) + 1);
        _requireManifest(post, pool);
        Span memory one = _requireSettlement(pool, left);
        Span memory two = _requireSettlement(pool, right);
        bool ordered =
            one.key < two.key || (one.key == two.key && left.contributionId < right.contributionId);
        if (ordered) _requireDifferent(one.to, two.from);
        _reject(post, signers, Reason.WrongWeight);
    }

    /// @inheritdoc ISettlementProofs
    function challengeWeightTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        SettlementLeaf calldata lastLeaf
    ) external {
        _requirePosition(uint256(lastLeaf.position) + 1, pool.leafCount);
        _requireManifest(post, pool);
        Span memory span = _requireSettlement(pool, lastLeaf);
        _requireDifferent(pool.totalWeight, span.to);
        _reject(post, signers, Reason.WrongWeight);
    }

    /// @inheritdoc ISettlementProofs
    function challengeWeightMissing(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        uint64 position,
        bytes calldata proof
    ) external {
        _requireManifest(post, pool);
        // Only at full depth is an empty node an empty leaf: above, it is padding.
        if (!_inPlace(position, proof, pool.leafCount)) {
            revert PostedTrees_WrongPosition(position, pool.leafCount);
        }
        _requireRoot(CumulativeMerkle.processEmpty(position, proof), pool.settlementRoot);
        _reject(post, signers, Reason.WrongWeight);
    }

    /// @inheritdoc ISettlementProofs
    function challengeEntry(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata pool,
        uint32 contributorIndex,
        SettlementLeaf[] calldata boundary,
        JournalLeaf[] calldata entry
    ) external {
        _requireManifest(post, pool);
        (uint256 from, uint256 to) = _weightsOf(pool, contributorIndex, boundary);
        uint256 got = _amountOf(post, contributorIndex, pool.position, entry);
        uint256 all = pool.totalWeight;
        // Sums that run backwards or beyond the total are in no honest settlement. Below it, the products fit: both
        // factors are below 2^128.
        if (from <= to && to <= all) {
            uint256 expected = all == 0 ? 0 : (pool.amount * to) / all - (pool.amount * from) / all;
            _requireDifferent(expected, got);
        }
        _reject(post, signers, Reason.WrongEntry);
    }

    /// @inheritdoc ISettlementProofs
    function challengePoolLeaf(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata leaf
    ) external {
        _requireManifest(post, leaf);
        bool empty = leaf.leafCount == 0;
        bool honest =
            _inPlace(leaf.position, leaf.proof, post.manifestCount) &&
                (leaf.settlementRoot == 0) == empty &&
                (leaf.totalWeight == 0) == empty &&
                (!empty || leaf.amount == 0) &&
                escrow.funded(leaf.poolId) != 0;
        if (honest) _requireDifferent(leaf.position == 0 ? 0 : leaf.prefix, leaf.prefix);
        _reject(post, signers, Reason.WrongPool);
    }

    /// @inheritdoc ISettlementProofs
    function challengePoolOrder(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata left,
        ManifestLeaf calldata right
    ) external {
        _requirePosition(right.position, uint256(left.position) + 1);
        Span memory one = _requireManifest(post, left);
        Span memory two = _requireManifest(post, right);
        if (one.key < two.key) _requireDifferent(one.to, two.from);
        _reject(post, signers, Reason.WrongPool);
    }

    /// @inheritdoc ISettlementProofs
    function challengePoolTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        ManifestLeaf calldata lastLeaf
    ) external {
        _requirePosition(uint256(lastLeaf.position) + 1, post.manifestCount);
        Span memory span = _requireManifest(post, lastLeaf);
        uint256 before = _hasFinal(last) ? last.total : 0;
        _requireDifferent(post.total, before + span.to);
        _reject(post, signers, Reason.WrongTotal);
    }

    /// @inheritdoc ISettlementProofs
    function challengePoolCumulative(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        ManifestLeaf calldata leaf,
        ManifestLeaf[] calldata was
    ) external {
        _requireManifest(post, leaf);
        uint256 before = _hasFinal(last) ? _paidBefore(last, leaf.poolId, was) : 0;
        _requireDifferent(before + leaf.amount, leaf.cumulative);
        _reject(post, signers, Reason.WrongPool);
    }

    /// @inheritdoc ISettlementProofs
    function challengePoolDropped(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        ManifestLeaf calldata was,
        ManifestLeaf[] calldata around
    ) external {
        _requireFinal(last);
        _requireManifest(last, was);
        // A pool that never paid is not missed: to leave it out is to say that nothing in it has a weight.
        if (was.cumulative == 0) revert PostedTrees_NothingWrong(0, 0);
        _requireGap(was.poolId, post.manifestCount, _poolSpans(post, around));
        _reject(post, signers, Reason.WrongPool);
    }

    /// @inheritdoc ISettlementProofs
    function challengePool(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        ManifestLeaf calldata leaf
    ) external {
        _requireManifest(post, leaf);
        uint128 funded = escrow.funded(leaf.poolId);
        if (leaf.cumulative <= funded) revert PostedTrees_NothingWrong(funded, leaf.cumulative);
        _reject(post, signers, Reason.OverFunded);
    }

    /// @dev A contributor's items are numbered from 0 without gaps, and never taken back.
    function _isCommitted(uint32 contributorIndex, uint64 contributionId) private view returns (bool) {
        if (contributionId >> CONTRIBUTOR_SHIFT != contributorIndex) return false;
        address account = datanetRegistry.contributorAt(contributorIndex);
        return uint32(contributionId) < datanetRegistry.contributionCountOf(account);
    }

    function _weightsOf(
        ManifestLeaf calldata pool,
        uint32 contributorIndex,
        SettlementLeaf[] calldata boundary
    ) private view returns (uint256 from, uint256 to) {
        Span[] memory spans = new Span[](boundary.length);
        for (uint256 i = 0; i < spans.length; ++i) spans[i] = _requireSettlement(pool, boundary[i]);
        return _sumsOf(contributorIndex, pool.leafCount, spans);
    }

    /// @dev A contributor has at most one entry for a pool, so that one leaf needs no neighbours.
    function _amountOf(
        IAttributionOracle.Post calldata post,
        uint32 contributorIndex,
        uint32 poolPosition,
        JournalLeaf[] calldata entry
    ) private view returns (uint256) {
        uint256 key = (uint256(contributorIndex) << 32) | poolPosition;
        Span[] memory spans = new Span[](entry.length);
        for (uint256 i = 0; i < spans.length; ++i) spans[i] = _requireJournal(post, entry[i]);
        if (spans.length == 1 && spans[0].key == key) return entry[0].amount;
        _requireGap(key, post.journalCount, spans);
        return 0;
    }

    function _paidBefore(
        IAttributionOracle.Post calldata last,
        uint64 poolId,
        ManifestLeaf[] calldata was
    ) private view returns (uint256) {
        Span[] memory spans = _poolSpans(last, was);
        if (spans.length == 1 && spans[0].key == poolId) return was[0].cumulative;
        _requireGap(poolId, last.manifestCount, spans);
        return 0;
    }

    function _poolSpans(
        IAttributionOracle.Post calldata post,
        ManifestLeaf[] calldata leaves
    ) private view returns (Span[] memory spans) {
        spans = new Span[](leaves.length);
        for (uint256 i = 0; i < spans.length; ++i) spans[i] = _requireManifest(post, leaves[i]);
    }

    function _requireSettlement(
        ManifestLeaf calldata pool,
        SettlementLeaf calldata leaf
    ) private view returns (Span memory) {
        bytes24 node = CumulativeMerkle.settlementLeaf({
            treeDomain: SETTLEMENT_DOMAIN,
            poolId: pool.poolId,
            contributorIndex: leaf.contributorIndex,
            contributionId: leaf.contributionId,
            weight: leaf.weight,
            prefix: leaf.prefix
        });
        _requireRoot(CumulativeMerkle.processProof(node, leaf.position, leaf.proof), pool.settlementRoot);
        return Span(leaf.position, leaf.contributorIndex, leaf.prefix, uint256(leaf.prefix) + leaf.weight);
    }
}
