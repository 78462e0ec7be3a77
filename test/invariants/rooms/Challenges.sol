// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../../../contracts/interfaces/IAttributionOracle.sol";
import {IPageDemands} from "../../../contracts/interfaces/IPageDemands.sol";
import {IPostedTrees} from "../../../contracts/interfaces/IPostedTrees.sol";
import {EpochTrees} from "../EpochTrees.sol";
import {Ledgers} from "./Ledgers.sol";

/// @notice The call that proves each kind of lie about the pending post. On an honest post it must fail.
abstract contract Challenges is Ledgers {
    /// @return target Zero where the trees have no leaf to show for that kind.
    function _challengeOf(Kind kind, uint256 at) internal view returns (address target, bytes memory data) {
        EpochTrees.Trees memory trees = _treesOf(_pending);
        if (trees.ledger.length == 0) return (address(0), "");
        if (kind == Kind.Fallen) return _fallen(trees, at);
        if (kind == Kind.Total) return _total(trees);
        if (kind == Kind.Account) return _account(trees, at);
        if (kind == Kind.Prefix) return _prefix(trees, at);
        if (kind == Kind.PoolSum) return _poolSum(trees, at);
        if (kind == Kind.OverFunded) {
            // Funding since the post covers the claim, but it is still not what was paid before and now.
            IPostedTrees.ManifestLeaf memory pool = trees.pools[at % trees.pools.length];
            bool covered = pool.cumulative <= escrow.funded(pool.poolId);
            bool lies = _pending.kind == Kind.OverFunded;
            return covered && lies ? _poolSum(trees, at) : _overFunded(trees, at);
        }
        if (kind == Kind.Entry) return _entry(trees, at);
        if (kind == Kind.Increase) return _increase(trees, at);
        if (kind == Kind.WeightTotal) return _weightTotal(trees, at);
        if (kind == Kind.Dropped) return _dropped(trees);
        return (address(0), "");
    }

    function _fallen(EpochTrees.Trees memory trees, uint256 at) private view returns (address, bytes memory) {
        EpochTrees.Trees memory last = _treesOf(_last);
        if (at >= last.ledger.length) return (address(0), "");
        IPostedTrees.LedgerLeaf memory was = EpochTrees.showLedger(_domains, last, at);
        IPostedTrees.LedgerLeaf memory now_ = EpochTrees.showLedger(_domains, trees, at);
        return (
            address(fraudProofs),
            abi.encodeCall(
                fraudProofs.challengeFallen,
                (_pending.post, _pending.signers, _last.post, was, now_)
            )
        );
    }

    function _total(EpochTrees.Trees memory trees) private view returns (address, bytes memory) {
        IPostedTrees.LedgerLeaf memory end = EpochTrees.showLedger(_domains, trees, trees.ledger.length - 1);
        return (
            address(fraudProofs),
            abi.encodeCall(fraudProofs.challengeTotal, (_pending.post, _pending.signers, end))
        );
    }

    function _account(
        EpochTrees.Trees memory trees,
        uint256 at
    ) private view returns (address, bytes memory) {
        IPostedTrees.LedgerLeaf memory leaf = EpochTrees.showLedger(
            _domains,
            trees,
            at % trees.ledger.length
        );
        return (
            address(fraudProofs),
            abi.encodeCall(fraudProofs.challengeAccount, (_pending.post, _pending.signers, leaf))
        );
    }

    function _prefix(EpochTrees.Trees memory trees, uint256 at) private view returns (address, bytes memory) {
        at %= trees.ledger.length;
        IPostedTrees.LedgerLeaf memory right = EpochTrees.showLedger(_domains, trees, at);
        (IAttributionOracle.Post memory post, uint32 signers) = (_pending.post, _pending.signers);
        if (at == 0) {
            return (
                address(fraudProofs),
                abi.encodeCall(fraudProofs.challengeFirstPrefix, (post, signers, right))
            );
        }
        IPostedTrees.LedgerLeaf memory left = EpochTrees.showLedger(_domains, trees, at - 1);
        return (
            address(fraudProofs),
            abi.encodeCall(fraudProofs.challengePrefix, (post, signers, left, right))
        );
    }

    function _poolSum(
        EpochTrees.Trees memory trees,
        uint256 at
    ) private view returns (address, bytes memory) {
        at %= trees.pools.length;
        EpochTrees.Trees memory last = _treesOf(_last);
        IPostedTrees.ManifestLeaf[] memory was = new IPostedTrees.ManifestLeaf[](
            at < last.pools.length ? 1 : 0
        );
        if (was.length == 1) was[0] = EpochTrees.showPool(_domains, last, at);
        IPostedTrees.ManifestLeaf memory leaf = EpochTrees.showPool(_domains, trees, at);
        return (
            address(settlementProofs),
            abi.encodeCall(
                settlementProofs.challengePoolCumulative,
                (_pending.post, _pending.signers, _last.post, leaf, was)
            )
        );
    }

    function _overFunded(
        EpochTrees.Trees memory trees,
        uint256 at
    ) private view returns (address, bytes memory) {
        IPostedTrees.ManifestLeaf memory leaf = EpochTrees.showPool(_domains, trees, at % trees.pools.length);
        return (
            address(settlementProofs),
            abi.encodeCall(settlementProofs.challengePool, (_pending.post, _pending.signers, leaf))
        );
    }

    /// @dev `at` is a journal entry.
    function _entry(EpochTrees.Trees memory trees, uint256 at) private view returns (address, bytes memory) {
        if (trees.journal.length == 0) return (address(0), "");
        at %= trees.journal.length;
        IPostedTrees.JournalLeaf[] memory entry = new IPostedTrees.JournalLeaf[](1);
        entry[0] = EpochTrees.showJournal(_domains, trees, at);
        (uint32 contributor, uint32 pool) = (entry[0].contributorIndex, entry[0].poolPosition);
        IPostedTrees.SettlementLeaf[] memory boundary = _weightsAround(trees, pool, contributor);
        IPostedTrees.ManifestLeaf memory leaf = EpochTrees.showPool(_domains, trees, pool);
        return (
            address(settlementProofs),
            abi.encodeCall(
                settlementProofs.challengeEntry,
                (_pending.post, _pending.signers, leaf, contributor, boundary, entry)
            )
        );
    }

    /// @dev `at` is a contributor.
    function _increase(
        EpochTrees.Trees memory trees,
        uint256 at
    ) private view returns (address, bytes memory) {
        at %= trees.ledger.length;
        IPostedTrees.JournalLeaf[] memory boundary = _entriesAround(trees, at);
        if (boundary.length == 0 && trees.journal.length != 0) return (address(0), "");
        EpochTrees.Trees memory last = _treesOf(_last);
        IPostedTrees.LedgerLeaf memory was;
        if (at < last.ledger.length) was = EpochTrees.showLedger(_domains, last, at);
        IPostedTrees.LedgerLeaf memory now_ = EpochTrees.showLedger(_domains, trees, at);
        return (
            address(fraudProofs),
            abi.encodeCall(
                fraudProofs.challengeIncrease,
                (_pending.post, _pending.signers, _last.post, was, now_, boundary)
            )
        );
    }

    function _weightTotal(
        EpochTrees.Trees memory trees,
        uint256 at
    ) private view returns (address, bytes memory) {
        at %= trees.pools.length;
        if (trees.weights[at].length == 0) return (address(0), "");
        uint256 end = trees.weights[at].length - 1;
        IPostedTrees.SettlementLeaf memory leaf = EpochTrees.showWeight(_domains, trees, at, end);
        IPostedTrees.ManifestLeaf memory pool = EpochTrees.showPool(_domains, trees, at);
        return (
            address(settlementProofs),
            abi.encodeCall(
                settlementProofs.challengeWeightTotal,
                (_pending.post, _pending.signers, pool, leaf)
            )
        );
    }

    function _dropped(EpochTrees.Trees memory trees) private view returns (address, bytes memory) {
        EpochTrees.Trees memory last = _treesOf(_last);
        if (last.pools.length != POOLS) return (address(0), "");
        IPostedTrees.ManifestLeaf memory was = EpochTrees.showPool(_domains, last, POOLS - 1);
        IPostedTrees.ManifestLeaf[] memory around = new IPostedTrees.ManifestLeaf[](1);
        around[0] = EpochTrees.showPool(_domains, trees, trees.pools.length - 1);
        return (
            address(settlementProofs),
            abi.encodeCall(
                settlementProofs.challengePoolDropped,
                (_pending.post, _pending.signers, _last.post, was, around)
            )
        );
    }

    /// @dev A contributor's leaf in a pool, with its neighbours.
    function _weightsAround(
        EpochTrees.Trees memory trees,
        uint256 pool,
        uint32 contributor
    ) private view returns (IPostedTrees.SettlementLeaf[] memory leaves) {
        uint256 position;
        while (trees.weights[pool][position].contributorIndex != contributor) ++position;
        uint256 from = position == 0 ? 0 : position - 1;
        uint256 to = position + 1 == trees.weights[pool].length ? position : position + 1;
        leaves = new IPostedTrees.SettlementLeaf[](to - from + 1);
        for (uint256 i = from; i <= to; ++i) {
            leaves[i - from] = EpochTrees.showWeight(_domains, trees, pool, i);
        }
    }

    /// @dev A contributor's first and last entry, each with its neighbour; none if it has no entry.
    function _entriesAround(
        EpochTrees.Trees memory trees,
        uint256 contributor
    ) private view returns (IPostedTrees.JournalLeaf[] memory leaves) {
        uint256 count = trees.journal.length;
        uint256 first;
        while (first < count && trees.journal[first].contributorIndex != contributor) ++first;
        if (first == count) return leaves;
        uint256 end = first;
        while (end + 1 < count && trees.journal[end + 1].contributorIndex == contributor) ++end;
        uint256[] memory shown = new uint256[](4);
        uint256 n;
        if (first != 0) shown[n++] = first - 1;
        shown[n++] = first;
        if (end != first) shown[n++] = end;
        if (end + 1 != count) shown[n++] = end + 1;
        leaves = new IPostedTrees.JournalLeaf[](n);
        for (uint256 i = 0; i < n; ++i) leaves[i] = EpochTrees.showJournal(_domains, trees, shown[i]);
    }

    /// @dev A page of the pending post, all of it: the trees here are smaller than a page.
    function _pageOf(
        IPostedTrees.Tree tree,
        uint256 pool
    ) internal view returns (IPageDemands.Page memory page, bytes memory leaves) {
        EpochTrees.Trees memory trees = _treesOf(_pending);
        IAttributionOracle.Post memory post = _pending.post;
        page.tree = tree;
        if (tree == IPostedTrees.Tree.Ledger) {
            (page.root, page.leafCount) = (post.ledgerRoot, post.ledgerCount);
            for (uint256 i = 0; i < trees.ledger.length; ++i) {
                IPostedTrees.LedgerLeaf memory leaf = trees.ledger[i];
                leaves = abi.encodePacked(leaves, leaf.account, leaf.cumulative, leaf.prefix);
            }
        } else if (tree == IPostedTrees.Tree.Journal) {
            (page.root, page.leafCount) = (post.journalRoot, post.journalCount);
            leaves = _packJournal(trees);
        } else if (tree == IPostedTrees.Tree.Manifest) {
            (page.root, page.leafCount) = (post.manifestRoot, post.manifestCount);
            leaves = _packPools(trees);
        } else {
            page.poolId = trees.pools[pool].poolId;
            (page.root, page.leafCount) = (trees.pools[pool].settlementRoot, trees.pools[pool].leafCount);
            leaves = _packWeights(trees, pool);
        }
    }

    function _packJournal(EpochTrees.Trees memory trees) private pure returns (bytes memory leaves) {
        for (uint256 i = 0; i < trees.journal.length; ++i) {
            IPostedTrees.JournalLeaf memory leaf = trees.journal[i];
            leaves = abi.encodePacked(
                leaves,
                leaf.contributorIndex,
                leaf.poolPosition,
                leaf.amount,
                leaf.prefix
            );
        }
    }

    function _packPools(EpochTrees.Trees memory trees) private pure returns (bytes memory leaves) {
        for (uint256 i = 0; i < trees.pools.length; ++i) {
            IPostedTrees.ManifestLeaf memory leaf = trees.pools[i];
            leaves = abi.encodePacked(leaves, leaf.poolId, leaf.settlementRoot, leaf.leafCount);
            leaves = abi.encodePacked(leaves, leaf.totalWeight, leaf.amount, leaf.cumulative, leaf.prefix);
        }
    }

    function _packWeights(
        EpochTrees.Trees memory trees,
        uint256 pool
    ) private pure returns (bytes memory leaves) {
        for (uint256 i = 0; i < trees.weights[pool].length; ++i) {
            IPostedTrees.SettlementLeaf memory leaf = trees.weights[pool][i];
            leaves = abi.encodePacked(
                leaves,
                leaf.contributorIndex,
                leaf.contributionId,
                leaf.weight,
                leaf.prefix
            );
        }
    }
}
