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
            let end := add(proof.offset, proof.length)
            for {
                let cursor := proof.offset
            } lt(cursor, end) {
                cursor := add(cursor, 24)
            } {
                let side := mul(24, and(1, position))
                mstore(side, node)
                calldatacopy(sub(24, side), cursor, 24)
                node := keccak256(0x00, 48)
                position := shr(1, position)
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

    /// @notice The length in bytes of every proof in a tree of `count` leaves.
    function proofLength(uint256 count) internal pure returns (uint256 length) {
        for (uint256 width = 1; width < count; width <<= 1) length += NODE_BYTES;
    }
}
