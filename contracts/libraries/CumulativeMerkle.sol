// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title CumulativeMerkle
/// @notice The only Merkle code for the four trees behind a posted root: settlement, manifest, journal and ledger.
/// @dev Positional binary trees of 24-byte nodes. A node is the first 24 bytes of keccak256(left || right); a node over
/// two empty children is empty (zero). The depth is the smallest that holds all leaves. A leaf's preimage starts with
/// the tree's domain and is longer than a node's 48 bytes, so a leaf can never pass for a node.
library CumulativeMerkle {
    uint256 internal constant NODE_BYTES = 24;

    bytes32 internal constant SETTLEMENT_TAG = keccak256("OpenDatanets.Settlement.v1");
    bytes32 internal constant MANIFEST_TAG = keccak256("OpenDatanets.Manifest.v1");
    bytes32 internal constant JOURNAL_TAG = keccak256("OpenDatanets.Journal.v1");
    bytes32 internal constant LEDGER_TAG = keccak256("OpenDatanets.Ledger.v1");

    /// @notice Thrown when a proof is not a whole number of 24-byte nodes; `length` is in bytes.
    error CumulativeMerkle_ProofLength(uint256 length);
    /// @notice Thrown when a position lies outside a tree of the proof's depth.
    error CumulativeMerkle_PositionOutside(uint256 position, uint256 depth);

    /// @notice What every leaf of one tree starts with: binds it to a tree, a chain, a vault and a version.
    function domain(bytes32 tag, address vault, uint32 specVersion) internal view returns (bytes32) {
        return keccak256(abi.encode(tag, block.chainid, vault, specVersion));
    }

    /// @notice Leaf of the ledger: what `account` ever earned, and the sum over all positions before it, in wei.
    function ledgerLeaf(
        bytes32 treeDomain,
        address account,
        uint128 cumulative,
        uint128 prefix
    ) internal pure returns (bytes24 leaf) {
        // keccak256(abi.encodePacked(...)), in the one place where a claim pays for each step.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, treeDomain)
            mstore(add(free, 0x20), shl(96, account))
            mstore(add(free, 0x34), or(shl(128, cumulative), and(prefix, 0xffffffffffffffffffffffffffffffff)))
            leaf := and(keccak256(free, 0x54), not(0xffffffffffffffff))
        }
    }

    /// @notice The leaves of a run of the ledger, for `subtreeRoot`.
    /// @param prefix The sum of the cumulatives before the run, in wei. A sum that leaves its 128 bits wraps: that leaf
    /// is in no honest ledger.
    /// @param entries Whole entries: account (20 bytes) | cumulative (16).
    function ledgerLeaves(
        bytes32 treeDomain,
        uint128 prefix,
        bytes calldata entries
    ) internal pure returns (bytes memory leaves) {
        leaves = newLeaves(entries.length / 36);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, treeDomain)
            let to := add(leaves, 0x20)
            let end := add(entries.offset, entries.length)
            for {
                let from := entries.offset
            } lt(from, end) {
                from := add(from, 36)
            } {
                let cumulative := shr(128, calldataload(add(from, 20)))
                mstore(add(free, 0x20), calldataload(from))
                mstore(
                    add(free, 0x34),
                    or(shl(128, cumulative), and(prefix, 0xffffffffffffffffffffffffffffffff))
                )
                mstore(to, keccak256(free, 0x54))
                to := add(to, 24)
                prefix := add(prefix, cumulative)
            }
        }
    }

    /// @notice Leaf of the journal: what a pool pays a contributor in this epoch, and the sum before it, in wei.
    function journalLeaf(
        bytes32 treeDomain,
        uint32 contributorIndex,
        uint32 poolPosition,
        uint128 amount,
        uint128 prefix
    ) internal pure returns (bytes24) {
        return
            bytes24(keccak256(abi.encodePacked(treeDomain, contributorIndex, poolPosition, amount, prefix)));
    }

    /// @notice Leaf of the manifest: one pool, its settlement tree and what it pays, in wei.
    function manifestLeaf(
        bytes32 treeDomain,
        uint64 poolId,
        bytes24 settlementRoot,
        uint64 leafCount,
        uint128 totalWeight,
        uint128 amount,
        uint128 cumulative,
        uint128 prefix
    ) internal pure returns (bytes24) {
        return
            bytes24(
                keccak256(
                    abi.encodePacked(
                        treeDomain,
                        poolId,
                        settlementRoot,
                        leafCount,
                        totalWeight,
                        amount,
                        cumulative,
                        prefix
                    )
                )
            );
    }

    /// @notice Leaf of a pool's settlement: the integer weight of one contribution, and the sum of weights before it.
    function settlementLeaf(
        bytes32 treeDomain,
        uint64 poolId,
        uint32 contributorIndex,
        uint64 contributionId,
        uint64 weight,
        uint128 prefix
    ) internal pure returns (bytes24) {
        return
            bytes24(
                keccak256(
                    abi.encodePacked(treeDomain, poolId, contributorIndex, contributionId, weight, prefix)
                )
            );
    }

    /// @notice The root that `proof` (siblings from the leaf up) gives for `leaf` at `position`.
    /// @dev Reverts unless the proof is whole nodes and the position fits its depth. `leaf` is not empty.
    function processProof(
        bytes24 leaf,
        uint256 position,
        bytes calldata proof
    ) internal pure returns (bytes24 root) {
        if (proof.length % NODE_BYTES != 0) revert CumulativeMerkle_ProofLength(proof.length);
        uint256 depth = proof.length / NODE_BYTES;
        if (position >> depth != 0) revert CumulativeMerkle_PositionOutside(position, depth);

        assembly ("memory-safe") {
            // The upper 24 bytes of a word are the node. Its lower 8 stay dirty until the end: on the left the sibling
            // overwrites them, on the right they are not hashed.
            let node := leaf
            let cursor := proof.offset
            let end := add(cursor, proof.length)
            if and(1, depth) {
                let side := mul(24, and(1, position))
                mstore(side, node)
                calldatacopy(sub(24, side), cursor, 24)
                node := keccak256(0x00, 48)
                cursor := add(cursor, 24)
                position := shr(1, position)
            }
            // Two levels a round: a claim pays for each step.
            for {} lt(cursor, end) {
                position := shr(2, position)
                cursor := add(cursor, 48)
            } {
                let side := mul(24, and(1, position))
                mstore(side, node)
                calldatacopy(sub(24, side), cursor, 24)
                node := keccak256(0x00, 48)
                side := mul(12, and(2, position))
                mstore(side, node)
                calldatacopy(sub(24, side), add(cursor, 24), 24)
                node := keccak256(0x00, 48)
            }
            root := and(node, not(0xffffffffffffffff))
        }
    }

    /// @notice The root that `proof` gives if `position` is empty.
    function processEmpty(uint256 position, bytes calldata proof) internal pure returns (bytes24) {
        // Over two empty children the node is empty, not a hash: climb to the first sibling that holds something.
        while (proof.length >= NODE_BYTES && bytes24(proof[:NODE_BYTES]) == 0) {
            proof = proof[NODE_BYTES:];
            position >>= 1;
        }
        return proof.length == 0 && position == 0 ? bytes24(0) : processProof(0, position, proof);
    }

    /// @notice Room for `count` leaves side by side, for `setLeaf` and `subtreeRoot`.
    function newLeaves(uint256 count) internal pure returns (bytes memory leaves) {
        assembly ("memory-safe") {
            leaves := mload(0x40)
            mstore(leaves, mul(24, count))
            // One node more: an odd level ends with an empty sibling. And the 8 bytes that a node's word spills over.
            mstore(0x40, add(leaves, and(add(mul(24, count), 0x5f), not(0x1f))))
        }
    }

    /// @notice Puts a leaf in its place. Leaves are set in ascending order: each spills over the next place.
    function setLeaf(bytes memory leaves, uint256 position, bytes24 leaf) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(leaves, 0x20), mul(24, position)), leaf)
        }
    }

    /// @notice The node `height` levels above the first of `leaves` (of `newLeaves`, at most `1 << height` of them), if
    /// every position behind them under that node is empty. Overwrites `leaves`.
    /// @dev With `processProof(node, firstPosition >> height, proof)` this proves a run of leaves, or a page, at once.
    function subtreeRoot(bytes memory leaves, uint256 height) internal pure returns (bytes24 node) {
        assembly ("memory-safe") {
            let base := add(leaves, 0x20)
            let size := mload(leaves)
            // Two children lie side by side, so a parent is hashed in place; it never reaches the next pair.
            for {} height {
                height := sub(height, 1)
            } {
                mstore(add(base, size), 0)
                let to := base
                let end := add(base, size)
                for {
                    let from := base
                } lt(from, end) {
                    from := add(from, 48)
                } {
                    mstore(to, keccak256(from, 48))
                    to := add(to, 24)
                }
                size := sub(to, base)
            }
            if size {
                node := and(mload(base), not(0xffffffffffffffff))
            }
        }
    }

    /// @notice The least `height` such that `1 << height` is not below `count`.
    function heightOf(uint256 count) internal pure returns (uint256 height) {
        for (uint256 width = 1; width < count; width <<= 1) ++height;
    }

    /// @notice The length in bytes of every proof in a tree of `count` leaves.
    function proofLength(uint256 count) internal pure returns (uint256) {
        return NODE_BYTES * heightOf(count);
    }
}
