// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title OpenAccess
/// @notice Says who may call the protocol's restricted functions: OpenZeppelin's AccessManager, as it is.
/// @dev Assumptions: after the deployment the timelock is the only holder of the admin role 0, which every restricted
/// function asks for unless it was given another. Safety: a role reaches only the functions it was given. Liveness:
/// the admin can take any role away again, except its own last one, which nobody can give back.
contract OpenAccess is AccessManager {
    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
