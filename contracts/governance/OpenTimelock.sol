// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title OpenTimelock
/// @notice Acts for the governor after a delay, so that whoever disagrees can leave first: OpenZeppelin's
/// TimelockController, as it is.
/// @dev Assumptions: after the deployment the governor is the only proposer and canceller, the deployer's admin role
/// was renounced, and the timelock administers itself. Safety: nothing runs before it stood in public for the delay;
/// the delay changes only by an operation that waited the old one. Liveness: with the zero address as executor
/// anyone may execute what is due.
contract OpenTimelock is TimelockController {
    constructor(
        uint256 minDelay,
        address[] memory proposers,
        address[] memory executors,
        address admin
    ) TimelockController(minDelay, proposers, executors, admin) {}
}
