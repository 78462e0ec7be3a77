// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPostedTrees} from "../../contracts/interfaces/IPostedTrees.sol";
import {CumulativeMerkle} from "../../contracts/libraries/CumulativeMerkle.sol";

/// @notice The four trees behind a post, built level by level as an oracle would: the contracts only ever see roots and
/// proofs. Leaves are kept without their proofs; `show...` gives one with it.
library EpochTrees {
    struct Domains {
        bytes32 ledger;
        bytes32 journal;
        bytes32 manifest;
        bytes32 settlement;
    }

    struct Trees {
        IPostedTrees.LedgerLeaf[] ledger;
        IPostedTrees.JournalLeaf[] journal;
        IPostedTrees.ManifestLeaf[] pools;
        /// By position of the pool.
        IPostedTrees.SettlementLeaf[][] weights;
    }

    function domainsOf(address vault) internal view returns (Domains memory) {
        return
            Domains({
                ledger: CumulativeMerkle.domain(CumulativeMerkle.LEDGER_TAG, vault, 1),
                journal: CumulativeMerkle.domain(CumulativeMerkle.JOURNAL_TAG, vault, 1),
                manifest: CumulativeMerkle.domain(CumulativeMerkle.MANIFEST_TAG, vault, 1),
                settlement: CumulativeMerkle.domain(CumulativeMerkle.SETTLEMENT_TAG, vault, 1)
            });
    }

    function showLedger(
        Domains memory domains,
        Trees memory trees,
        uint256 index
    ) internal pure returns (IPostedTrees.LedgerLeaf memory leaf) {
        leaf = trees.ledger[index];
        leaf.proof = proof(ledgerNodes(domains, trees), index);
    }

    function showJournal(
        Domains memory domains,
        Trees memory trees,
        uint256 position
    ) internal pure returns (IPostedTrees.JournalLeaf memory leaf) {
        leaf = trees.journal[position];
        leaf.proof = proof(journalNodes(domains, trees), position);
    }

    function showPool(
        Domains memory domains,
        Trees memory trees,
        uint256 position
    ) internal pure returns (IPostedTrees.ManifestLeaf memory leaf) {
        leaf = trees.pools[position];
        leaf.proof = proof(poolNodes(domains, trees), position);
    }

    function showWeight(
        Domains memory domains,
        Trees memory trees,
        uint256 pool,
        uint256 position
    ) internal pure returns (IPostedTrees.SettlementLeaf memory leaf) {
        leaf = trees.weights[pool][position];
        leaf.proof = proof(weightNodes(domains, trees, pool), position);
    }

    function ledgerNodes(
        Domains memory domains,
        Trees memory trees
    ) internal pure returns (bytes24[] memory nodes) {
        nodes = _width(trees.ledger.length);
        for (uint256 i = 0; i < trees.ledger.length; ++i) {
            IPostedTrees.LedgerLeaf memory leaf = trees.ledger[i];
            nodes[i] = CumulativeMerkle.ledgerLeaf(
                domains.ledger,
                leaf.account,
                leaf.cumulative,
                leaf.prefix
            );
        }
    }

    function journalNodes(
        Domains memory domains,
        Trees memory trees
    ) internal pure returns (bytes24[] memory nodes) {
        nodes = _width(trees.journal.length);
        for (uint256 i = 0; i < trees.journal.length; ++i) {
            IPostedTrees.JournalLeaf memory leaf = trees.journal[i];
            nodes[i] = CumulativeMerkle.journalLeaf({
                treeDomain: domains.journal,
                contributorIndex: leaf.contributorIndex,
                poolPosition: leaf.poolPosition,
                amount: leaf.amount,
                prefix: leaf.prefix
            });
        }
    }

    function poolNodes(
        Domains memory domains,
        Trees memory trees
    ) internal pure returns (bytes24[] memory nodes) {
        nodes = _width(trees.pools.length);
        for (uint256 i = 0; i < trees.pools.length; ++i) {
            IPostedTrees.ManifestLeaf memory leaf = trees.pools[i];
            nodes[i] = CumulativeMerkle.manifestLeaf({
                treeDomain: domains.manifest,
                poolId: leaf.poolId,
                settlementRoot: leaf.settlementRoot,
                leafCount: leaf.leafCount,
                totalWeight: leaf.totalWeight,
                amount: leaf.amount,
                cumulative: leaf.cumulative,
                prefix: leaf.prefix
            });
        }
    }

    function weightNodes(
        Domains memory domains,
        Trees memory trees,
        uint256 pool
    ) internal pure returns (bytes24[] memory nodes) {
        IPostedTrees.SettlementLeaf[] memory leaves = trees.weights[pool];
        nodes = _width(leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            nodes[i] = CumulativeMerkle.settlementLeaf({
                treeDomain: domains.settlement,
                poolId: trees.pools[pool].poolId,
                contributorIndex: leaves[i].contributorIndex,
                contributionId: leaves[i].contributionId,
                weight: leaves[i].weight,
                prefix: leaves[i].prefix
            });
        }
    }

    function root(bytes24[] memory level) internal pure returns (bytes24) {
        while (level.length > 1) level = _parents(level);
        return level[0];
    }

    function proof(bytes24[] memory level, uint256 index) internal pure returns (bytes memory siblings) {
        for (; level.length > 1; index >>= 1) {
            siblings = abi.encodePacked(siblings, level[index ^ 1]);
            level = _parents(level);
        }
    }

    /// @dev The smallest power of two that holds all leaves; one empty node for none.
    function _width(uint256 count) private pure returns (bytes24[] memory nodes) {
        uint256 width = 1;
        while (width < count) width <<= 1;
        nodes = new bytes24[](width);
    }

    function _parents(bytes24[] memory level) private pure returns (bytes24[] memory parents) {
        parents = new bytes24[](level.length / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            (bytes24 left, bytes24 right) = (level[2 * i], level[2 * i + 1]);
            if (left | right != 0) parents[i] = bytes24(keccak256(abi.encodePacked(left, right)));
        }
    }
}
