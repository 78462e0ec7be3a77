// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title GreedyWalletMock
/// @notice A wallet contract that burns all gas it is lent to check a signature, for tests of batches.
contract GreedyWalletMock is IERC1271 {
    function execute(address target, bytes calldata data) external {
        Address.functionCall(target, data);
    }

    function isValidSignature(bytes32 hash, bytes calldata) external pure returns (bytes4) {
        while (hash != 0) {
            hash = keccak256(abi.encode(hash));
        }
        return IERC1271.isValidSignature.selector;
    }
}
