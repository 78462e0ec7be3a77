// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IArbitrable
/// @notice What an arbitrator answers to: the contract that asked it to decide.
/// @dev Assumptions: the caller is an arbitrator that this contract gave the dispute to. Safety: a ruling moves no money
/// to a party, so that no party can stop it.
interface IArbitrable {
    /// @notice What was decided. `Refused` is also the answer of an arbitrator that could not decide.
    enum Ruling {
        Refused,
        Upheld,
        Dismissed
    }

    /// @notice Gives the ruling of the round that is running. Only the dispute's arbitrator, once per round.
    /// @param arbitratorDisputeId The id that `createDispute` returned.
    function rule(uint256 arbitratorDisputeId, Ruling ruling) external;
}
