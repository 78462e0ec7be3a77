// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../../../contracts/interfaces/IAttributionOracle.sol";
import {IPostedTrees} from "../../../contracts/interfaces/IPostedTrees.sol";
import {EpochTrees} from "../EpochTrees.sol";
import {EmissionsRoom} from "./EmissionsRoom.sol";

/// @notice The trees of the next epoch: honest ones, and each kind of lie.
abstract contract Ledgers is EmissionsRoom {
    /// @dev Pays out a part of what each pool holds, by weights that follow from the seed.
    function _honestTrees(uint256 seed) internal view returns (EpochTrees.Trees memory trees) {
        uint256 count = registry.contributorCount();
        EpochTrees.Trees memory last = _treesOf(_last);
        uint128[][] memory earned = new uint128[][](POOLS);
        trees.pools = new IPostedTrees.ManifestLeaf[](POOLS);
        trees.weights = new IPostedTrees.SettlementLeaf[][](POOLS);
        for (uint256 p = 0; p < POOLS; ++p) {
            trees.weights[p] = _weights(uint256(keccak256(abi.encode(seed, p))), count);
            trees.pools[p] = _pool(seed >> (16 * p), p, trees.weights[p], last);
            trees.pools[p].settlementRoot =
                trees.weights[p].length == 0
                    ? bytes24(0)
                    : EpochTrees.root(EpochTrees.weightNodes(_domains, trees, p));
            earned[p] = _earned(trees.pools[p], trees.weights[p], count);
        }
        _sumPools(trees);
        trees.journal = _journal(earned, count);
        trees.ledger = _ledger(earned, last, count);
    }

    function _postOf(
        uint32 epoch,
        EpochTrees.Trees memory trees
    ) internal view returns (IAttributionOracle.Post memory next) {
        next.epoch = epoch;
        next.specVersion = 1;
        next.configDigest = CONFIG;
        (next.blockNumber, next.blockHash) = (uint64(block.number), blockhash(block.number - 1));
        (next.ledgerCount, next.journalCount, next.manifestCount) = (
            uint32(trees.ledger.length),
            uint32(trees.journal.length),
            uint32(trees.pools.length)
        );
        if (next.ledgerCount != 0) next.ledgerRoot = EpochTrees.root(EpochTrees.ledgerNodes(_domains, trees));
        if (next.journalCount != 0) {
            next.journalRoot = EpochTrees.root(EpochTrees.journalNodes(_domains, trees));
        }
        next.manifestRoot = EpochTrees.root(EpochTrees.poolNodes(_domains, trees));
        for (uint256 i = 0; i < trees.ledger.length; ++i) next.total += trees.ledger[i].cumulative;
    }

    /// @dev Makes the trees lie, if they can in that way. `at` is where.
    function _lie(
        Kind kind,
        uint256 seed,
        EpochTrees.Trees memory trees
    ) internal view returns (bool done, uint256 at) {
        uint256 count = trees.ledger.length;
        if (count < 2) return (false, 0);
        if (kind == Kind.Fallen) return _lieFallen(seed, trees);
        if (kind == Kind.Entry || kind == Kind.Increase) return _lieShift(kind, seed, trees);
        at = seed % count;
        if (kind == Kind.Account) {
            trees.ledger[at].account = seed % 3 == 0 ? address(0) : coldWallet;
            return (true, at);
        }
        if (kind == Kind.Prefix) {
            ++trees.ledger[at].prefix;
            return (true, at);
        }
        if (kind == Kind.Withheld || kind == Kind.Total) return (true, at);
        at = seed % POOLS;
        IPostedTrees.ManifestLeaf memory pool = trees.pools[at];
        if (kind == Kind.PoolSum) ++pool.cumulative;
        if (kind == Kind.OverFunded) pool.cumulative = escrow.funded(pool.poolId) + 1;
        if (kind == Kind.WeightTotal) {
            if (pool.leafCount == 0) return (false, 0);
            ++pool.totalWeight;
        }
        if (kind == Kind.Dropped) return _lieDropped(trees);
        return (true, at);
    }

    function _sumLedger(EpochTrees.Trees memory trees) internal pure {
        uint128 sum;
        for (uint256 i = 0; i < trees.ledger.length; ++i) {
            trees.ledger[i].prefix = sum;
            sum += trees.ledger[i].cumulative;
        }
    }

    /// @dev What one contributor had in the last ledger goes to its neighbour.
    function _lieFallen(
        uint256 seed,
        EpochTrees.Trees memory trees
    ) private view returns (bool, uint256 victim) {
        IPostedTrees.LedgerLeaf[] memory last = _treesOf(_last).ledger;
        if (last.length == 0) return (false, 0);
        victim = seed % last.length;
        if (last[victim].cumulative == 0) return (false, 0);
        trees.ledger[(victim + 1) % trees.ledger.length].cumulative += trees.ledger[victim].cumulative;
        trees.ledger[victim].cumulative = 0;
        _sumLedger(trees);
        return (true, victim);
    }

    /// @dev A wei of one contributor goes to another: in journal and ledger, or in the ledger only.
    function _lieShift(
        Kind kind,
        uint256 seed,
        EpochTrees.Trees memory trees
    ) private pure returns (bool, uint256) {
        uint256 entries = trees.journal.length;
        if (entries < 2) return (false, 0);
        uint256 from = seed % entries;
        uint256 to = (from + 1) % entries;
        for (
            uint256 i = 0;
            i < entries && trees.journal[to].poolPosition != trees.journal[from].poolPosition;
            ++i
        ) to = (to + 1) % entries;
        if (to == from || trees.journal[from].amount < 2) return (false, 0);
        (uint32 loser, uint32 winner) = (
            trees.journal[from].contributorIndex,
            trees.journal[to].contributorIndex
        );
        --trees.ledger[loser].cumulative;
        ++trees.ledger[winner].cumulative;
        _sumLedger(trees);
        if (kind == Kind.Increase) return (true, loser);
        --trees.journal[from].amount;
        ++trees.journal[to].amount;
        _sumJournal(trees.journal);
        return (true, from);
    }

    /// @dev The last pool is left out, if it pays nothing now and has paid before: then nothing else shows it.
    function _lieDropped(EpochTrees.Trees memory trees) private view returns (bool, uint256) {
        uint256 left = trees.pools.length - 1;
        IPostedTrees.ManifestLeaf[] memory last = _treesOf(_last).pools;
        if (trees.pools[left].amount != 0 || last.length != POOLS) return (false, 0);
        if (last[left].cumulative == 0) return (false, 0);
        IPostedTrees.ManifestLeaf[] memory pools = trees.pools;
        assembly ("memory-safe") {
            mstore(pools, left)
        }
        return (true, left);
    }

    function _weights(
        uint256 seed,
        uint256 count
    ) private pure returns (IPostedTrees.SettlementLeaf[] memory leaves) {
        uint256 weighed;
        for (uint256 c = 0; c < count; ++c) if ((seed >> (16 * c)) % 3 != 0) ++weighed;
        leaves = new IPostedTrees.SettlementLeaf[](weighed);
        (uint128 sum, uint256 next) = (0, 0);
        for (uint256 c = 0; c < count; ++c) {
            if ((seed >> (16 * c)) % 3 == 0) continue;
            uint64 weight = uint64(((seed >> (16 * c + 8)) % 1_000) + 1);
            leaves[next] = IPostedTrees.SettlementLeaf({
                position: uint64(next),
                contributorIndex: uint32(c),
                contributionId: uint64(c) << 32,
                weight: weight,
                prefix: sum,
                proof: ""
            });
            sum += weight;
            ++next;
        }
    }

    function _pool(
        uint256 seed,
        uint256 position,
        IPostedTrees.SettlementLeaf[] memory weights,
        EpochTrees.Trees memory last
    ) private view returns (IPostedTrees.ManifestLeaf memory leaf) {
        leaf.position = uint32(position);
        leaf.poolId = _poolId(position);
        leaf.leafCount = uint64(weights.length);
        uint128 before = last.pools.length == 0 ? 0 : last.pools[position].cumulative;
        if (weights.length != 0) {
            leaf.totalWeight = weights[weights.length - 1].prefix + weights[weights.length - 1].weight;
            // All that is left, or a part of it, or nothing.
            uint128 left = escrow.funded(leaf.poolId) - before;
            leaf.amount =
                seed % 4 == 0
                    ? 0
                    : seed % 4 == 1
                        ? left
                        : uint128(seed % (uint256(left) + 1));
        }
        leaf.cumulative = before + leaf.amount;
    }

    /// @dev By contributor: the floors of a pool's running shares, so that they add up to its amount.
    function _earned(
        IPostedTrees.ManifestLeaf memory pool,
        IPostedTrees.SettlementLeaf[] memory weights,
        uint256 count
    ) private pure returns (uint128[] memory earned) {
        earned = new uint128[](count);
        for (uint256 i = 0; i < weights.length; ++i) {
            uint256 from = (uint256(pool.amount) * weights[i].prefix) / pool.totalWeight;
            uint256 to = (uint256(pool.amount) * (weights[i].prefix + weights[i].weight)) / pool.totalWeight;
            earned[weights[i].contributorIndex] = uint128(to - from);
        }
    }

    function _journal(
        uint128[][] memory earned,
        uint256 count
    ) private pure returns (IPostedTrees.JournalLeaf[] memory leaves) {
        uint256 entries;
        for (uint256 c = 0; c < count; ++c) {
            for (uint256 p = 0; p < POOLS; ++p) if (earned[p][c] != 0) ++entries;
        }
        leaves = new IPostedTrees.JournalLeaf[](entries);
        uint32 next;
        for (uint32 c = 0; c < count; ++c) {
            for (uint32 p = 0; p < POOLS; ++p) {
                if (earned[p][c] == 0) continue;
                leaves[next] = IPostedTrees.JournalLeaf(next, c, p, earned[p][c], 0, "");
                ++next;
            }
        }
        _sumJournal(leaves);
    }

    function _ledger(
        uint128[][] memory earned,
        EpochTrees.Trees memory last,
        uint256 count
    ) private view returns (IPostedTrees.LedgerLeaf[] memory leaves) {
        leaves = new IPostedTrees.LedgerLeaf[](count);
        uint128 sum;
        for (uint32 c = 0; c < count; ++c) {
            uint128 cumulative = c < last.ledger.length ? last.ledger[c].cumulative : 0;
            for (uint256 p = 0; p < POOLS; ++p) cumulative += earned[p][c];
            leaves[c] = IPostedTrees.LedgerLeaf(c, registry.contributorAt(c), cumulative, sum, "");
            sum += cumulative;
        }
    }

    function _sumJournal(IPostedTrees.JournalLeaf[] memory leaves) private pure {
        uint128 sum;
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i].prefix = sum;
            sum += leaves[i].amount;
        }
    }

    function _sumPools(EpochTrees.Trees memory trees) private pure {
        uint128 sum;
        for (uint256 p = 0; p < trees.pools.length; ++p) {
            trees.pools[p].prefix = sum;
            sum += trees.pools[p].amount;
        }
    }
}
