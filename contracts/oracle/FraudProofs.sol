// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IFraudProofs} from "../interfaces/IFraudProofs.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";
import {PostedTrees} from "./PostedTrees.sol";

/// @title FraudProofs
/// @notice See {IFraudProofs}. Holds no state and no money.
contract FraudProofs is IFraudProofs, PostedTrees {
    /// @inheritdoc IFraudProofs
    IDatanetRegistry public immutable datanetRegistry;

    constructor(IAttributionOracle oracle_, IDatanetRegistry datanetRegistry_) PostedTrees(oracle_) {
        datanetRegistry = datanetRegistry_;
    }

    /// @inheritdoc IFraudProofs
    function challengeAccount(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata leaf
    ) external {
        _requireLedger(post, leaf);
        if (leaf.account != address(0) && _inPlace(leaf.index, leaf.proof, post.ledgerCount)) {
            address expected = datanetRegistry.contributorAt(leaf.index);
            _requireDifferent(uint160(expected), uint160(leaf.account));
        }
        _reject(post, signers, Reason.WrongAccount);
    }

    /// @inheritdoc IFraudProofs
    function challengeMissing(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        Tree tree,
        uint32 position,
        bytes calldata proof
    ) external {
        (bytes24 root, uint32 count, Reason reason) = _treeOf(post, tree);
        // Only at full depth is an empty node an empty leaf: above, it is padding.
        if (!_inPlace(position, proof, count)) revert PostedTrees_WrongPosition(position, count);
        _requireRoot(CumulativeMerkle.processEmpty(position, proof), root);
        _reject(post, signers, reason);
    }

    /// @inheritdoc IFraudProofs
    function challengeFallen(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_
    ) external {
        _requireFinal(last);
        _requirePosition(was.index, now_.index);
        _requireLedger(last, was);
        _requireLedger(post, now_);
        if (now_.cumulative >= was.cumulative) {
            revert PostedTrees_NothingWrong(was.cumulative, now_.cumulative);
        }
        _reject(post, signers, Reason.FallenCumulative);
    }

    /// @inheritdoc IFraudProofs
    function challengePrefix(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata left,
        LedgerLeaf calldata right
    ) external {
        _requirePosition(right.index, uint256(left.index) + 1);
        _requireLedger(post, left);
        _requireLedger(post, right);
        _requireDifferent(uint256(left.prefix) + left.cumulative, right.prefix);
        _reject(post, signers, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeFirstPrefix(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata first
    ) external {
        _requirePosition(first.index, 0);
        _requireLedger(post, first);
        _requireDifferent(0, first.prefix);
        _reject(post, signers, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        LedgerLeaf calldata last
    ) external {
        _requirePosition(uint256(last.index) + 1, post.ledgerCount);
        _requireLedger(post, last);
        _requireDifferent(post.total, uint256(last.prefix) + last.cumulative);
        _reject(post, signers, Reason.WrongTotal);
    }

    /// @inheritdoc IFraudProofs
    function challengeIncrease(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_,
        JournalLeaf[] calldata boundary
    ) external {
        _requireLedger(post, now_);
        uint256 before = _cumulativeBefore(last, was, now_.index);
        (uint256 from, uint256 to) = _entriesOf(post, now_.index, boundary);
        // Sums that run backwards are in no honest journal.
        if (from <= to) _requireDifferent(before + to - from, now_.cumulative);
        _reject(post, signers, Reason.WrongIncrease);
    }

    /// @inheritdoc IFraudProofs
    function challengeJournalLeaf(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        JournalLeaf calldata leaf
    ) external {
        _requireJournal(post, leaf);
        bool honest =
            _inPlace(leaf.position, leaf.proof, post.journalCount) &&
                leaf.contributorIndex < post.ledgerCount &&
                leaf.poolPosition < post.manifestCount &&
                leaf.amount != 0;
        if (honest) _requireDifferent(leaf.position == 0 ? 0 : leaf.prefix, leaf.prefix);
        _reject(post, signers, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeJournalOrder(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        JournalLeaf calldata left,
        JournalLeaf calldata right
    ) external {
        _requirePosition(right.position, uint256(left.position) + 1);
        Span memory one = _requireJournal(post, left);
        Span memory two = _requireJournal(post, right);
        if (one.key < two.key) _requireDifferent(one.to, two.from);
        _reject(post, signers, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeJournalTotal(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        IAttributionOracle.Post calldata last,
        JournalLeaf calldata lastLeaf
    ) external {
        _requirePosition(uint256(lastLeaf.position) + 1, post.journalCount);
        Span memory span = _requireJournal(post, lastLeaf);
        uint256 before = _hasFinal(last) ? last.total : 0;
        _requireDifferent(post.total, before + span.to);
        _reject(post, signers, Reason.WrongTotal);
    }

    function _cumulativeBefore(
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        uint32 index
    ) private view returns (uint256) {
        if (!_hasFinal(last) || index >= last.ledgerCount) return 0;
        _requirePosition(was.index, index);
        _requireLedger(last, was);
        return was.cumulative;
    }

    function _entriesOf(
        IAttributionOracle.Post calldata post,
        uint32 index,
        JournalLeaf[] calldata boundary
    ) private view returns (uint256 from, uint256 to) {
        Span[] memory spans = new Span[](boundary.length);
        for (uint256 i = 0; i < spans.length; ++i) {
            spans[i] = _requireJournal(post, boundary[i]);
            spans[i].key = boundary[i].contributorIndex;
        }
        return _sumsOf(index, post.journalCount, spans);
    }

    function _requireLedger(IAttributionOracle.Post calldata post, LedgerLeaf calldata leaf) private view {
        bytes24 node = CumulativeMerkle.ledgerLeaf(LEDGER_DOMAIN, leaf.account, leaf.cumulative, leaf.prefix);
        _requireRoot(CumulativeMerkle.processProof(node, leaf.index, leaf.proof), post.ledgerRoot);
    }

    function _treeOf(
        IAttributionOracle.Post calldata post,
        Tree tree
    ) private pure returns (bytes24 root, uint32 count, Reason reason) {
        if (tree == Tree.Ledger) return (post.ledgerRoot, post.ledgerCount, Reason.WrongAccount);
        if (tree == Tree.Journal) return (post.journalRoot, post.journalCount, Reason.WrongPrefix);
        if (tree == Tree.Manifest) return (post.manifestRoot, post.manifestCount, Reason.WrongPool);
        revert FraudProofs_NotInPost(tree);
    }
}
