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
    uint64 public constant MAX_RESPONSE = 8 hours;
    /// @inheritdoc IPageDemands
    uint256 public constant PAGE_LEAVES = 1 << PAGE_HEIGHT;
    /// @inheritdoc IPageDemands
    uint64 public immutable responseWindow;

    /// @dev By pending post, its deadline and page: the same root, posted again, has another deadline and starts anew.
    mapping(bytes32 key => uint64) private _answerBy;

    constructor(IAttributionOracle oracle_, uint64 responseWindow_) PostedTrees(oracle_) {
        if (responseWindow_ == 0 || responseWindow_ > MAX_RESPONSE) {
            revert PageDemands_ResponseOutside(responseWindow_, MAX_RESPONSE);
        }
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
        _reveal(page, 0, leaves, proof);
    }

    /// @inheritdoc IPageDemands
    function revealPages(
        Page calldata first,
        uint8 levels,
        bytes calldata leaves,
        bytes calldata proof
    ) external {
        _reveal(first, levels, leaves, proof);
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

    function _reveal(Page memory page, uint256 levels, bytes calldata leaves, bytes calldata proof) private {
        // Check and effect
        _requireRun(page, levels);
        (bytes24 pendingHash, uint64 deadline) = oracle.pending();
        uint256 closed = _markRevealed(pendingHash, deadline, page, 1 << levels);
        _requireRoot(_rootOf(page, levels, leaves, proof), page.root);
        emit PagesRevealed(pendingHash, msg.sender, page, 1 << levels);

        // Interaction. Fewer demands are open only if the same root was cancelled and posted again in one block: an answer
        // must not fail for that.
        uint256 open = oracle.openDemands();
        oracle.closeDemands(open < closed ? open : closed);
    }

    /// @dev Passes over what nobody waits for, so that nobody spoils a run by showing one page of it.
    function _markRevealed(
        bytes24 pendingHash,
        uint64 deadline,
        Page memory page,
        uint256 count
    ) private returns (uint256 closed) {
        uint64 first = page.number;
        for (uint256 i = 0; i < count; ++i) {
            page.number = first + uint64(i);
            bytes32 key = _keyOf(pendingHash, deadline, page);
            uint64 until = _answerBy[key];
            if (until == 0 || until == REVEALED) continue;
            if (block.timestamp > until) revert PageDemands_TooLate(block.timestamp, until);
            _answerBy[key] = REVEALED;
            ++closed;
        }
        page.number = first;
        if (closed == 0) revert PageDemands_NotOpen(first, _answerBy[_keyOf(pendingHash, deadline, page)]);
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
        Page memory page,
        uint256 levels,
        bytes calldata leaves,
        bytes calldata proof
    ) private view returns (bytes24) {
        uint256 height = _heightOf(page.leafCount);
        uint256 depth = CumulativeMerkle.heightOf(page.leafCount) - height;
        uint256 position = uint256(page.number) >> levels;
        _requireLength(proof.length, (depth - levels) * CumulativeMerkle.NODE_BYTES);
        bytes24 node = _subtreeOf(page, levels, leaves, height + levels);
        return
            node == 0
                ? CumulativeMerkle.processEmpty(position, proof)
                : CumulativeMerkle.processProof(node, position, proof);
    }

    function _subtreeOf(
        Page memory page,
        uint256 levels,
        bytes calldata leaves,
        uint256 height
    ) private view returns (bytes24) {
        uint256 count = _countOf(page, PAGE_LEAVES << levels);
        (uint256 width, bytes memory start) = _formatOf(page);
        _requireLength(leaves.length, count * width);
        bytes memory nodes = CumulativeMerkle.newLeaves(count);
        bytes memory preimage = bytes.concat(start, new bytes(width));
        for (uint256 i = 0; i < count; ++i) {
            bytes24 leaf;
            assembly ("memory-safe") {
                let fields := add(add(preimage, 0x20), sub(mload(preimage), width))
                calldatacopy(fields, add(leaves.offset, mul(i, width)), width)
                leaf := and(keccak256(add(preimage, 0x20), mload(preimage)), not(0xffffffffffffffff))
            }
            CumulativeMerkle.setLeaf(nodes, i, leaf);
        }
        return CumulativeMerkle.subtreeRoot(nodes, height);
    }

    /// @dev How many of `room` positions from the page on have a leaf.
    function _countOf(Page memory page, uint256 room) private pure returns (uint256) {
        uint256 first = uint256(page.number) * PAGE_LEAVES;
        uint256 behind = page.leafCount > first ? page.leafCount - first : 0;
        return behind < room ? behind : room;
    }

    function _formatOf(Page memory page) private view returns (uint256 width, bytes memory start) {
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

    /// @dev A run is all that is under one node of the tree.
    function _requireRun(Page memory page, uint256 levels) private pure {
        uint256 depth = CumulativeMerkle.heightOf(page.leafCount) - _heightOf(page.leafCount);
        if (levels > depth || uint256(page.number) % (1 << levels) != 0) {
            revert PageDemands_NoSuchRun(page.number, levels);
        }
    }

    function _requireLength(uint256 got, uint256 expected) private pure {
        if (got != expected) revert PageDemands_WrongLength(got, expected);
    }

    function _keyOf(bytes24 pendingHash, uint64 deadline, Page memory page) private pure returns (bytes32) {
        return keccak256(abi.encode(pendingHash, deadline, page));
    }
}
