// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";

/// @notice The cheat codes that this version of forge-std does not name.
interface Cheats is Vm {
    function setEnv(string calldata name, string calldata value) external;
    function envOr(string calldata name, uint256 fallback_) external view returns (uint256);
    function toString(uint256 value) external pure returns (string memory);
}
