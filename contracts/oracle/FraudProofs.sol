// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IFraudProofs} from "../interfaces/IFraudProofs.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";
import {IRewardVault} from "../interfaces/IRewardVault.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";

/// @title FraudProofs
/// @notice See {IFraudProofs}. Holds no state and no money.
contract FraudProofs is IFraudProofs {
    bytes32 private immutable LEDGER_DOMAIN;
    bytes32 private immutable JOURNAL_DOMAIN;
    bytes32 private immutable MANIFEST_DOMAIN;

    /// @inheritdoc IFraudProofs
    IAttributionOracle public immutable oracle;
    /// @inheritdoc IFraudProofs
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc IFraudProofs
    IRewardEscrow public immutable escrow;

    constructor(IAttributionOracle oracle_, IDatanetRegistry datanetRegistry_) {
        oracle = oracle_;
        datanetRegistry = datanetRegistry_;
        escrow = oracle_.escrow();
        IRewardVault vault = oracle_.vault();
        uint32 version = vault.specVersion();
        LEDGER_DOMAIN = vault.DOMAIN();
        JOURNAL_DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.JOURNAL_TAG, address(vault), version);
        MANIFEST_DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.MANIFEST_TAG, address(vault), version);
    }

    /// @inheritdoc IFraudProofs
    function challengeAccount(IAttributionOracle.Post calldata post, LedgerLeaf calldata leaf) external {
        _requireLedger(post, leaf);
        if (_inPlace(leaf.index, leaf.proof, post.ledgerCount)) {
            address expected = datanetRegistry.contributorAt(leaf.index);
            _requireDifferent(uint160(expected), uint160(leaf.account));
        }
        _reject(post, Reason.WrongAccount);
    }

    /// @inheritdoc IFraudProofs
    function challengeMissing(
        IAttributionOracle.Post calldata post,
        Tree tree,
        uint32 position,
        bytes calldata proof
    ) external {
        (bytes24 root, uint32 count, Reason reason) = tree == Tree.Ledger
            ? (post.ledgerRoot, post.ledgerCount, Reason.WrongAccount)
            : (post.journalRoot, post.journalCount, Reason.WrongPrefix);
        // Only at full depth is an empty node an empty leaf: above, it is padding.
        if (!_inPlace(position, proof, count)) revert FraudProofs_WrongPosition(position, count);
        _requireRoot(CumulativeMerkle.processEmpty(position, proof), root);
        _reject(post, reason);
    }

    /// @inheritdoc IFraudProofs
    function challengeFallen(
        IAttributionOracle.Post calldata post,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_
    ) external {
        _requireFinal(last, oracle.finalPostHash());
        _requirePosition(was.index, now_.index);
        _requireLedger(last, was);
        _requireLedger(post, now_);
        if (now_.cumulative >= was.cumulative) {
            revert FraudProofs_NothingWrong(was.cumulative, now_.cumulative);
        }
        _reject(post, Reason.FallenCumulative);
    }

    /// @inheritdoc IFraudProofs
    function challengePrefix(
        IAttributionOracle.Post calldata post,
        LedgerLeaf calldata left,
        LedgerLeaf calldata right
    ) external {
        _requirePosition(right.index, uint256(left.index) + 1);
        _requireLedger(post, left);
        _requireLedger(post, right);
        _requireDifferent(uint256(left.prefix) + left.cumulative, right.prefix);
        _reject(post, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeFirstPrefix(IAttributionOracle.Post calldata post, LedgerLeaf calldata first) external {
        _requirePosition(first.index, 0);
        _requireLedger(post, first);
        _requireDifferent(0, first.prefix);
        _reject(post, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeTotal(IAttributionOracle.Post calldata post, LedgerLeaf calldata last) external {
        _requirePosition(uint256(last.index) + 1, post.ledgerCount);
        _requireLedger(post, last);
        _requireDifferent(post.total, uint256(last.prefix) + last.cumulative);
        _reject(post, Reason.WrongTotal);
    }

    /// @inheritdoc IFraudProofs
    function challengeIncrease(
        IAttributionOracle.Post calldata post,
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        LedgerLeaf calldata now_,
        JournalLeaf[] calldata boundary
    ) external {
        _requireLedger(post, now_);
        uint256 before = _cumulativeBefore(last, was, now_.index);
        uint256 entries = _sumOfEntries(post, now_.index, boundary);
        _requireDifferent(before + entries, now_.cumulative);
        _reject(post, Reason.WrongIncrease);
    }

    /// @inheritdoc IFraudProofs
    function challengeJournalLeaf(IAttributionOracle.Post calldata post, JournalLeaf calldata leaf) external {
        _requireJournal(post, leaf);
        bool honest =
            _inPlace(leaf.position, leaf.proof, post.journalCount) &&
                leaf.contributorIndex < post.ledgerCount &&
                leaf.poolPosition < post.manifestCount &&
                leaf.amount != 0;
        if (honest) _requireDifferent(leaf.position == 0 ? 0 : leaf.prefix, leaf.prefix);
        _reject(post, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeJournalOrder(
        IAttributionOracle.Post calldata post,
        JournalLeaf calldata left,
        JournalLeaf calldata right
    ) external {
        _requirePosition(right.position, uint256(left.position) + 1);
        _requireJournal(post, left);
        _requireJournal(post, right);
        if (_key(left) < _key(right)) _requireDifferent(uint256(left.prefix) + left.amount, right.prefix);
        _reject(post, Reason.WrongPrefix);
    }

    /// @inheritdoc IFraudProofs
    function challengeJournalTotal(
        IAttributionOracle.Post calldata post,
        IAttributionOracle.Post calldata last,
        JournalLeaf calldata lastLeaf
    ) external {
        _requirePosition(uint256(lastLeaf.position) + 1, post.journalCount);
        _requireJournal(post, lastLeaf);
        bytes32 finalHash = oracle.finalPostHash();
        uint128 before = 0;
        if (finalHash != 0) {
            _requireFinal(last, finalHash);
            before = last.total;
        }
        _requireDifferent(post.total, uint256(before) + lastLeaf.prefix + lastLeaf.amount);
        _reject(post, Reason.WrongTotal);
    }

    /// @inheritdoc IFraudProofs
    function challengePool(IAttributionOracle.Post calldata post, ManifestLeaf calldata leaf) external {
        bytes24 node = CumulativeMerkle.manifestLeaf({
            treeDomain: MANIFEST_DOMAIN,
            poolId: leaf.poolId,
            settlementRoot: leaf.settlementRoot,
            leafCount: leaf.leafCount,
            totalWeight: leaf.totalWeight,
            amount: leaf.amount,
            cumulative: leaf.cumulative,
            prefix: leaf.prefix
        });
        _requireRoot(CumulativeMerkle.processProof(node, leaf.position, leaf.proof), post.manifestRoot);
        uint128 funded = escrow.funded(leaf.poolId);
        if (leaf.cumulative <= funded) revert FraudProofs_NothingWrong(funded, leaf.cumulative);
        _reject(post, Reason.OverFunded);
    }

    /// @dev The oracle checks that `post` is the pending one.
    function _reject(IAttributionOracle.Post calldata post, Reason reason) private {
        oracle.reject(post, msg.sender, uint8(reason));
    }

    function _cumulativeBefore(
        IAttributionOracle.Post calldata last,
        LedgerLeaf calldata was,
        uint32 index
    ) private view returns (uint256) {
        bytes32 finalHash = oracle.finalPostHash();
        if (finalHash == 0) return 0;
        _requireFinal(last, finalHash);
        if (index >= last.ledgerCount) return 0;
        _requirePosition(was.index, index);
        _requireLedger(last, was);
        return was.cumulative;
    }

    /// @dev In a sorted journal nothing of the contributor can lie outside leaves that reach from a smaller index (or
    /// the start) to a larger one (or the end).
    function _sumOfEntries(
        IAttributionOracle.Post calldata post,
        uint32 index,
        JournalLeaf[] calldata boundary
    ) private view returns (uint256 sum) {
        uint256 count = boundary.length;
        if (count == 0) {
            if (post.journalCount != 0) revert FraudProofs_Incomplete(index);
            return 0;
        }
        JournalLeaf calldata first = boundary[0];
        JournalLeaf calldata final_ = boundary[count - 1];
        bool reachesLeft = first.position == 0 || first.contributorIndex < index;
        bool reachesRight =
            uint256(final_.position) + 1 == post.journalCount || final_.contributorIndex > index;
        if (!reachesLeft || !reachesRight) revert FraudProofs_Incomplete(index);
        for (uint256 i = 0; i < count; ++i) {
            JournalLeaf calldata leaf = boundary[i];
            _requirePosition(leaf.position, first.position + i);
            _requireJournal(post, leaf);
            if (leaf.contributorIndex == index) sum += leaf.amount;
        }
    }

    function _requireLedger(IAttributionOracle.Post calldata post, LedgerLeaf calldata leaf) private view {
        bytes24 node = CumulativeMerkle.ledgerLeaf(LEDGER_DOMAIN, leaf.account, leaf.cumulative, leaf.prefix);
        _requireRoot(CumulativeMerkle.processProof(node, leaf.index, leaf.proof), post.ledgerRoot);
    }

    function _requireJournal(IAttributionOracle.Post calldata post, JournalLeaf calldata leaf) private view {
        bytes24 node = CumulativeMerkle.journalLeaf({
            treeDomain: JOURNAL_DOMAIN,
            contributorIndex: leaf.contributorIndex,
            poolPosition: leaf.poolPosition,
            amount: leaf.amount,
            prefix: leaf.prefix
        });
        _requireRoot(CumulativeMerkle.processProof(node, leaf.position, leaf.proof), post.journalRoot);
    }

    function _requireFinal(IAttributionOracle.Post calldata last, bytes32 finalHash) private pure {
        bytes32 got = keccak256(abi.encode(last));
        if (got != finalHash) revert FraudProofs_NotFinal(got, finalHash);
    }

    function _requireRoot(bytes24 computed, bytes24 root) private pure {
        if (computed != root) revert FraudProofs_NotInTree(computed, root);
    }

    function _requirePosition(uint256 got, uint256 expected) private pure {
        if (got != expected) revert FraudProofs_WrongPosition(got, expected);
    }

    function _requireDifferent(uint256 expected, uint256 got) private pure {
        if (expected == got) revert FraudProofs_NothingWrong(expected, got);
    }

    function _inPlace(uint32 position, bytes calldata proof, uint32 count) private pure returns (bool) {
        return position < count && proof.length == CumulativeMerkle.proofLength(count);
    }

    function _key(JournalLeaf calldata leaf) private pure returns (uint256) {
        return (uint256(leaf.contributorIndex) << 32) | leaf.poolPosition;
    }
}
