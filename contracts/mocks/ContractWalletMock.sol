// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractWalletMock
/// @notice A wallet contract with one key, for tests of ERC-1271 signatures.
contract ContractWalletMock is IERC1271 {
    address public immutable key;

    constructor(address key_) {
        key = key_;
    }

    function execute(address target, bytes calldata data) external {
        Address.functionCall(target, data);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return recovered == key ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
