// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";

/// @title CumulativeMerkleMock
/// @notice Makes the library's functions callable by tests.
contract CumulativeMerkleMock {
    function domain(bytes32 tag, address vault, uint32 specVersion) external view returns (bytes32) {
        return CumulativeMerkle.domain(tag, vault, specVersion);
    }

    function ledgerLeaf(
        bytes32 treeDomain,
        address account,
        uint128 cumulative,
        uint128 prefix
    ) external pure returns (bytes24) {
        return CumulativeMerkle.ledgerLeaf(treeDomain, account, cumulative, prefix);
    }

    function journalLeaf(
        bytes32 treeDomain,
        uint32 contributorIndex,
        uint32 poolPosition,
        uint128 amount,
        uint128 prefix
    ) external pure returns (bytes24) {
        return CumulativeMerkle.journalLeaf(treeDomain, contributorIndex, poolPosition, amount, prefix);
    }

    function manifestLeaf(
        bytes32 treeDomain,
        uint64 poolId,
        bytes24 settlementRoot,
        uint64 leafCount,
        uint128 totalWeight,
        uint128 amount,
        uint128 cumulative,
        uint128 prefix
    ) external pure returns (bytes24) {
        return
            CumulativeMerkle.manifestLeaf(
                treeDomain,
                poolId,
                settlementRoot,
                leafCount,
                totalWeight,
                amount,
                cumulative,
                prefix
            );
    }

    function settlementLeaf(
        bytes32 treeDomain,
        uint64 poolId,
        uint32 contributorIndex,
        uint64 contributionId,
        uint64 weight,
        uint128 prefix
    ) external pure returns (bytes24) {
        return
            CumulativeMerkle.settlementLeaf(
                treeDomain,
                poolId,
                contributorIndex,
                contributionId,
                weight,
                prefix
            );
    }

    function processProof(
        bytes24 leaf,
        uint256 position,
        bytes calldata proof
    ) external pure returns (bytes24) {
        return CumulativeMerkle.processProof(leaf, position, proof);
    }

    function processEmpty(uint256 position, bytes calldata proof) external pure returns (bytes24) {
        return CumulativeMerkle.processEmpty(position, proof);
    }

    function subtreeRoot(bytes24[] calldata leaves, uint256 height) external pure returns (bytes24) {
        bytes memory nodes = CumulativeMerkle.newLeaves(leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) CumulativeMerkle.setLeaf(nodes, i, leaves[i]);
        return CumulativeMerkle.subtreeRoot(nodes, height);
    }

    /// @dev What lies behind the leaves in memory must be neither read nor written.
    function subtreeRootIsClean(bytes24[] calldata leaves, uint256 height) external pure returns (bool) {
        bytes memory nodes = CumulativeMerkle.newLeaves(leaves.length);
        bytes memory behind = new bytes(64);
        for (uint256 i = 0; i < leaves.length; ++i) CumulativeMerkle.setLeaf(nodes, i, leaves[i]);
        CumulativeMerkle.subtreeRoot(nodes, height);
        return keccak256(behind) == keccak256(new bytes(64));
    }

    function ledgerLeaves(
        bytes32 treeDomain,
        uint128 prefix,
        bytes calldata entries
    ) external pure returns (bytes memory) {
        return CumulativeMerkle.ledgerLeaves(treeDomain, prefix, entries);
    }

    function heightOf(uint256 count) external pure returns (uint256) {
        return CumulativeMerkle.heightOf(count);
    }

    function proofLength(uint256 count) external pure returns (uint256) {
        return CumulativeMerkle.proofLength(count);
    }
}
