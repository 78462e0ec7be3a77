// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IArbitrable} from "../interfaces/IArbitrable.sol";
import {IArbitrator} from "../interfaces/IArbitrator.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";

/// @title FeeArbitratorMock
/// @notice An arbitrator that takes fees and rules as it is told, for tests of the court.
contract FeeArbitratorMock is IArbitrator {
    using SafeERC20 for IOpenToken;

    IOpenToken public immutable token;
    uint128 public arbitrationCost;
    uint64 public deadline = type(uint64).max;
    uint256 public disputeCount;

    uint128 private _appealCost;
    mapping(uint256 disputeId => IArbitrable) private _arbitrables;

    constructor(IOpenToken token_, uint128 arbitrationCost_, uint128 appealCost_) {
        token = token_;
        setCosts(arbitrationCost_, appealCost_);
    }

    function createDispute(bytes32, bytes32) external returns (uint256 disputeId) {
        disputeId = ++disputeCount;
        _arbitrables[disputeId] = IArbitrable(msg.sender);
        token.safeTransferFrom(msg.sender, address(this), arbitrationCost);
    }

    function requestAppeal(uint256) external {
        token.safeTransferFrom(msg.sender, address(this), _appealCost);
    }

    function setDeadline(uint64 deadline_) external {
        deadline = deadline_;
    }

    function giveRuling(uint256 disputeId, IArbitrable.Ruling ruling) external {
        _arbitrables[disputeId].rule(disputeId, ruling);
    }

    function appealCost(uint256) external view returns (uint128) {
        return _appealCost;
    }

    function appealDeadline(uint256) external view returns (uint64) {
        return deadline;
    }

    function setCosts(uint128 arbitrationCost_, uint128 appealCost_) public {
        arbitrationCost = arbitrationCost_;
        _appealCost = appealCost_;
    }
}
