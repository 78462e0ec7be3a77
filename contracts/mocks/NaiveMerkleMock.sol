// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";

/// @title NaiveMerkleMock
/// @notice The trees once more, as plainly as they can be written: every level an array of bytes24, every position really
/// there, no assembly. It draws random trees from a seed and holds the library against them.
contract NaiveMerkleMock {
    error NaiveMerkleMock_Differs(uint256 tree, bytes24 got, bytes24 expected);

    /// @notice What the seed makes of leaf `i` of a tree: random, and in every other tree one of eight is empty.
    function leafOf(bytes32 seed, uint256 tree, uint256 i) public pure returns (bytes24) {
        bytes32 random = keccak256(abi.encode(seed, tree, i));
        return tree % 2 == 1 && uint256(random) % 8 == 0 ? bytes24(0) : bytes24(random);
    }

    /// @notice The root of a tree of `count` leaves, and the siblings of the leaf at `position`.
    function naive(
        bytes32 seed,
        uint256 tree,
        uint256 count,
        uint256 position
    ) public pure returns (bytes24 root, bytes24 leaf, bytes memory proof) {
        uint256 width = 1;
        while (width < count) width *= 2;
        bytes24[] memory level = new bytes24[](width);
        for (uint256 i = 0; i < count; ++i) level[i] = leafOf(seed, tree, i);
        leaf = level[position];
        while (width > 1) {
            proof = abi.encodePacked(proof, level[position % 2 == 0 ? position + 1 : position - 1]);
            position /= 2;
            width /= 2;
            for (uint256 i = 0; i < width; ++i) level[i] = _parent(level[2 * i], level[2 * i + 1]);
        }
        root = level[0];
    }

    /// @notice Draws the trees `from` to `to` of at most `largest` leaves and compares the library with the naive tree.
    /// @return digest A hash over every root and proof, for a comparison with trees from elsewhere.
    function compare(
        bytes32 seed,
        uint256 from,
        uint256 to,
        uint256 largest
    ) external view returns (bytes32 digest) {
        for (uint256 tree = from; tree < to; ++tree) {
            uint256 random = uint256(keccak256(abi.encode(seed, tree)));
            uint256 count = 1 + (random % largest);
            uint256 position = (random >> 128) % count;
            (bytes24 root, bytes24 leaf, bytes memory proof) = naive(seed, tree, count, position);
            _requireSame(tree, this.climb(leaf, position, proof), root);
            _requireSame(tree, _whole(seed, tree, count), root);
            digest = keccak256(abi.encodePacked(digest, root, proof));
        }
    }

    /// @dev External, because the library reads proofs from call data.
    function climb(bytes24 leaf, uint256 position, bytes calldata proof) external pure returns (bytes24) {
        if (leaf == 0) return CumulativeMerkle.processEmpty(position, proof);
        return CumulativeMerkle.processProof(leaf, position, proof);
    }

    /// @dev The library hashes runs of leaves that are there: empty ones between them are for the naive tree alone.
    function _whole(bytes32 seed, uint256 tree, uint256 count) private pure returns (bytes24 root) {
        bytes memory leaves = CumulativeMerkle.newLeaves(count);
        for (uint256 i = 0; i < count; ++i) {
            bytes24 leaf = leafOf(seed, tree, i);
            if (leaf == 0) {
                (root, , ) = naive(seed, tree, count, 0);
                return root;
            }
            CumulativeMerkle.setLeaf(leaves, i, leaf);
        }
        return CumulativeMerkle.subtreeRoot(leaves, CumulativeMerkle.heightOf(count));
    }

    function _requireSame(uint256 tree, bytes24 got, bytes24 expected) private pure {
        if (got != expected) revert NaiveMerkleMock_Differs(tree, got, expected);
    }

    function _parent(bytes24 left, bytes24 right) private pure returns (bytes24) {
        if (left == 0 && right == 0) return 0;
        return bytes24(keccak256(abi.encodePacked(left, right)));
    }
}
