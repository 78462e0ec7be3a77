// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IPageDemands} from "../interfaces/IPageDemands.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";
import {PostedTrees} from "./PostedTrees.sol";

/// @title PageDemands
/// @notice See {IPageDemands}. Holds no money.
contract PageDemands is IPageDemands, PostedTrees {
    uint64 private constant REVEALED = type(uint64).max;
    uint256 private constant PAGE_HEIGHT = 6;

    /// @inheritdoc IPageDemands
    uint256 public constant PAGE_LEAVES = 1 << PAGE_HEIGHT;
    /// @inheritdoc IPageDemands
    uint64 public immutable responseWindow;

    /// @dev By pending post, its deadline and page: the same root, posted again, has another deadline and starts anew.
    mapping(bytes32 key => uint64) private _answerBy;

    constructor(IAttributionOracle oracle_, uint64 responseWindow_) PostedTrees(oracle_) {
        responseWindow = responseWindow_;
    }

    /// @inheritdoc IPageDemands
    function demand(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        Tree tree,
        uint64 number,
        ManifestLeaf calldata pool
    ) external returns (Page memory page) {
        // Check
        page = _pageOf(post, tree, number, pool);
        (bytes24 pendingHash, uint64 deadline) = oracle.pending();
        bytes32 key = _keyOf(pendingHash, deadline, page);
        if (_answerBy[key] != 0) revert PageDemands_AlreadyDemanded(number, _answerBy[key]);
        uint64 until = uint64(block.timestamp) + responseWindow;
        if (until > deadline) revert PageDemands_TooLate(until, deadline);

        // Effect
        _answerBy[key] = until;
        emit PageDemanded(post.epoch, pendingHash, msg.sender, page, until);

        // Interaction: the oracle checks that `post` is the pending one and that `signers` signed it.
        oracle.openDemand(post, signers);
    }

    /// @inheritdoc IPageDemands
    function reveal(Page calldata page, bytes calldata leaves, bytes calldata proof) external {
        // Check
        (bytes24 pendingHash, uint64 deadline) = oracle.pending();
        bytes32 key = _keyOf(pendingHash, deadline, page);
        uint64 until = _requireOpen(key, page.number);
        if (block.timestamp > until) revert PageDemands_TooLate(block.timestamp, until);
        _requireRoot(_rootOf(page, leaves, proof), page.root);

        // Effect
        _answerBy[key] = REVEALED;
        emit PageRevealed(pendingHash, msg.sender, page);

        // Interaction. The count is below the open demands only if the same root was cancelled and posted again in one
        // block: an answer must not fail for that.
        if (oracle.openDemands() != 0) oracle.closeDemand();
    }

    /// @inheritdoc IPageDemands
    function rejectUnrevealed(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        Page calldata page
    ) external {
        (bytes24 pendingHash, uint64 deadline) = oracle.pending();
        uint64 until = _requireOpen(_keyOf(pendingHash, deadline, page), page.number);
        if (block.timestamp <= until) revert PageDemands_TooEarly(block.timestamp, until);
        _reject(post, signers, Reason.Unrevealed);
    }

    /// @inheritdoc IPageDemands
    function answerBy(Page calldata page) external view returns (uint64) {
        (bytes24 pendingHash, uint64 deadline) = oracle.pending();
        return _answerBy[_keyOf(pendingHash, deadline, page)];
    }

    /// @dev What a demand established needs no proof again: another root or count is another key, which is not open.
    function _requireOpen(bytes32 key, uint64 number) private view returns (uint64 until) {
        until = _answerBy[key];
        if (until == 0 || until == REVEALED) revert PageDemands_NotOpen(number, until);
    }

    function _pageOf(
        IAttributionOracle.Post calldata post,
        Tree tree,
        uint64 number,
        ManifestLeaf calldata pool
    ) private view returns (Page memory page) {
        page = Page({
            tree: tree,
            poolId: 0,
            root: post.ledgerRoot,
            leafCount: post.ledgerCount,
            number: number
        });
        if (tree == Tree.Journal) {
            (page.root, page.leafCount) = (post.journalRoot, post.journalCount);
        } else if (tree == Tree.Manifest) {
            (page.root, page.leafCount) = (post.manifestRoot, post.manifestCount);
        } else if (tree == Tree.Settlement) {
            _requireManifest(post, pool);
            (page.poolId, page.root, page.leafCount) = (pool.poolId, pool.settlementRoot, pool.leafCount);
        }
        uint256 pages =
            page.leafCount == 0
                ? 0
                : 1 << (CumulativeMerkle.heightOf(page.leafCount) - _heightOf(page.leafCount));
        if (number >= pages) revert PageDemands_NoSuchPage(number, pages);
    }

    /// @dev At the depth that the count says and no other: a root over a deeper or flatter tree has no page to show.
    function _rootOf(
        Page calldata page,
        bytes calldata leaves,
        bytes calldata proof
    ) private view returns (bytes24) {
        uint256 height = _heightOf(page.leafCount);
        uint256 depth = CumulativeMerkle.heightOf(page.leafCount) - height;
        _requireLength(proof.length, depth * CumulativeMerkle.NODE_BYTES);
        uint256 first = uint256(page.number) * PAGE_LEAVES;
        uint256 behind = page.leafCount > first ? page.leafCount - first : 0;
        bytes24 node = _subtreeOf(page, leaves, behind < PAGE_LEAVES ? behind : PAGE_LEAVES, height);
        return
            node == 0
                ? CumulativeMerkle.processEmpty(page.number, proof)
                : CumulativeMerkle.processProof(node, page.number, proof);
    }

    function _subtreeOf(
        Page calldata page,
        bytes calldata leaves,
        uint256 count,
        uint256 height
    ) private view returns (bytes24) {
        (uint256 width, bytes memory start) = _formatOf(page);
        _requireLength(leaves.length, count * width);
        bytes memory nodes = CumulativeMerkle.newLeaves(count);
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata fields = leaves[i * width:(i + 1) * width];
            CumulativeMerkle.setLeaf(nodes, i, bytes24(keccak256(bytes.concat(start, fields))));
        }
        return CumulativeMerkle.subtreeRoot(nodes, height);
    }

    function _formatOf(Page calldata page) private view returns (uint256 width, bytes memory start) {
        if (page.tree == Tree.Ledger) return (52, abi.encodePacked(LEDGER_DOMAIN));
        if (page.tree == Tree.Journal) return (40, abi.encodePacked(JOURNAL_DOMAIN));
        if (page.tree == Tree.Manifest) return (104, abi.encodePacked(MANIFEST_DOMAIN));
        return (36, abi.encodePacked(SETTLEMENT_DOMAIN, page.poolId));
    }

    /// @dev Levels within a page: a tree may be smaller than a page.
    function _heightOf(uint256 count) private pure returns (uint256) {
        uint256 height = CumulativeMerkle.heightOf(count);
        return height < PAGE_HEIGHT ? height : PAGE_HEIGHT;
    }

    function _requireLength(uint256 got, uint256 expected) private pure {
        if (got != expected) revert PageDemands_WrongLength(got, expected);
    }

    function _keyOf(bytes24 pendingHash, uint64 deadline, Page memory page) private pure returns (bytes32) {
        return keccak256(abi.encode(pendingHash, deadline, page));
    }
}
