// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IPostedTrees} from "../interfaces/IPostedTrees.sol";
import {IRewardVault} from "../interfaces/IRewardVault.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";

/// @title PostedTrees
/// @notice See {IPostedTrees}. Holds no money.
abstract contract PostedTrees is IPostedTrees {
    /// @dev A leaf that was shown to be in its tree: its place, what its tree is sorted by, and the sums before and
    /// after it. 256 bits, so that a leaf near the limit of its fields cannot block a proof.
    struct Span {
        uint256 position;
        uint256 key;
        uint256 from;
        uint256 to;
    }

    bytes32 internal immutable LEDGER_DOMAIN;
    bytes32 internal immutable JOURNAL_DOMAIN;
    bytes32 internal immutable MANIFEST_DOMAIN;
    bytes32 internal immutable SETTLEMENT_DOMAIN;

    /// @inheritdoc IPostedTrees
    IAttributionOracle public immutable oracle;

    constructor(IAttributionOracle oracle_) {
        oracle = oracle_;
        IRewardVault vault = oracle_.vault();
        uint32 version = vault.specVersion();
        LEDGER_DOMAIN = vault.DOMAIN();
        JOURNAL_DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.JOURNAL_TAG, address(vault), version);
        MANIFEST_DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.MANIFEST_TAG, address(vault), version);
        SETTLEMENT_DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.SETTLEMENT_TAG, address(vault), version);
    }

    /// @dev The oracle checks that `post` is the pending one and that `signers` signed it.
    function _reject(IAttributionOracle.Post calldata post, uint32 signers, Reason reason) internal {
        oracle.reject(post, signers, msg.sender, uint8(reason));
    }

    function _requireFinal(IAttributionOracle.Post calldata last) internal view {
        _requireFinal(last, oracle.finalPostHash());
    }

    /// @dev Whether there is a final post; if so, `last` must be it.
    function _hasFinal(IAttributionOracle.Post calldata last) internal view returns (bool) {
        bytes24 finalHash = oracle.finalPostHash();
        if (finalHash == 0) return false;
        _requireFinal(last, finalHash);
        return true;
    }

    function _requireJournal(
        IAttributionOracle.Post calldata post,
        JournalLeaf calldata leaf
    ) internal view returns (Span memory) {
        bytes24 node = CumulativeMerkle.journalLeaf({
            treeDomain: JOURNAL_DOMAIN,
            contributorIndex: leaf.contributorIndex,
            poolPosition: leaf.poolPosition,
            amount: leaf.amount,
            prefix: leaf.prefix
        });
        _requireRoot(CumulativeMerkle.processProof(node, leaf.position, leaf.proof), post.journalRoot);
        uint256 key = (uint256(leaf.contributorIndex) << 32) | leaf.poolPosition;
        return Span(leaf.position, key, leaf.prefix, uint256(leaf.prefix) + leaf.amount);
    }

    function _requireManifest(
        IAttributionOracle.Post calldata post,
        ManifestLeaf calldata leaf
    ) internal view returns (Span memory) {
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
        return Span(leaf.position, leaf.poolId, leaf.prefix, uint256(leaf.prefix) + leaf.amount);
    }

    /// @dev The sums before the first and after the last leaf with `key`, which all lie side by side in a sorted tree.
    /// To be sure of the first, its left neighbour must be shown, or it stands at the start; likewise the last. Without
    /// any such leaf the sums are equal, and the gap must be shown.
    function _sumsOf(
        uint256 key,
        uint256 count,
        Span[] memory spans
    ) internal pure returns (uint256 from, uint256 to) {
        uint256 first = 0;
        uint256 shown = spans.length;
        while (first < shown && spans[first].key != key) ++first;
        if (first == shown) {
            _requireGap(key, count, spans);
            return (0, 0);
        }
        uint256 last = shown - 1;
        while (spans[last].key != key) --last;
        bool reachesLeft =
            first == 0 ? spans[0].position == 0 : _between(spans[first - 1], key, spans[first]);
        bool reachesRight =
            last + 1 == shown
                ? spans[last].position + 1 == count
                : spans[last + 1].key > key && spans[last + 1].position == spans[last].position + 1;
        if (!reachesLeft || !reachesRight) revert PostedTrees_Incomplete(key);
        return (spans[first].from, spans[last].to);
    }

    /// @dev Reverts unless the leaves leave no room for `key` in a sorted tree: two neighbours around it, or the first
    /// or last leaf, or none if the tree has none.
    function _requireGap(uint256 key, uint256 count, Span[] memory spans) internal pure {
        uint256 shown = spans.length;
        bool gap = false;
        if (shown == 0) {
            gap = count == 0;
        } else if (shown == 1) {
            Span memory only = spans[0];
            gap = (only.position == 0 && key < only.key) || (only.position + 1 == count && only.key < key);
        } else {
            gap = shown == 2 && key < spans[1].key && _between(spans[0], key, spans[1]);
        }
        if (!gap) revert PostedTrees_Incomplete(key);
    }

    function _requireRoot(bytes24 computed, bytes24 root) internal pure {
        if (computed != root) revert PostedTrees_NotInTree(computed, root);
    }

    function _requirePosition(uint256 got, uint256 expected) internal pure {
        if (got != expected) revert PostedTrees_WrongPosition(got, expected);
    }

    function _requireDifferent(uint256 expected, uint256 got) internal pure {
        if (expected == got) revert PostedTrees_NothingWrong(expected, got);
    }

    /// @dev Whether a leaf can stand there in an honest tree of `count` leaves, with that proof.
    function _inPlace(uint256 position, bytes calldata proof, uint256 count) internal pure returns (bool) {
        return position < count && proof.length == CumulativeMerkle.proofLength(count);
    }

    function _requireFinal(IAttributionOracle.Post calldata last, bytes24 finalHash) private view {
        bytes24 got = bytes24(oracle.hashPost(last));
        if (got != finalHash) revert PostedTrees_NotFinal(got, finalHash);
    }

    /// @dev Whether `right` follows `left`, which comes before `key`.
    function _between(Span memory left, uint256 key, Span memory right) private pure returns (bool) {
        return left.key < key && left.position + 1 == right.position;
    }
}
