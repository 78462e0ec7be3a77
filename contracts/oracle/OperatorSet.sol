// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IOperatorSet} from "../interfaces/IOperatorSet.sol";

/// @title OperatorSet
/// @notice See {IOperatorSet}.
contract OperatorSet is IOperatorSet, Ownable2Step {
    using SafeERC20 for IOpenToken;

    struct Operator {
        uint128 bond;
        uint64 withdrawableAt;
        bool allowed;
    }

    /// @inheritdoc IOperatorSet
    IOpenToken public immutable token;
    /// @inheritdoc IOperatorSet
    uint128 public immutable minimumBond;
    /// @inheritdoc IOperatorSet
    uint64 public immutable exitDelay;
    /// @inheritdoc IOperatorSet
    address public oracle;
    /// @inheritdoc IOperatorSet
    mapping(address beneficiary => uint128) public rewardOf;

    mapping(address operator => Operator) private _operators;

    constructor(IOpenToken token_, address owner, uint128 minimumBond_, uint64 exitDelay_) Ownable(owner) {
        token = token_;
        minimumBond = minimumBond_;
        exitDelay = exitDelay_;
    }

    /// @inheritdoc IOperatorSet
    function setOperator(address operator, bool allowed) external onlyOwner {
        _operators[operator].allowed = allowed;
        emit OperatorNamed(operator, allowed);
    }

    /// @inheritdoc IOperatorSet
    function setOracle(address oracle_) external onlyOwner {
        if (oracle != address(0)) revert OperatorSet_OracleAlreadySet(oracle);
        if (oracle_ == address(0)) revert OperatorSet_ZeroOracle();
        oracle = oracle_;
        emit OracleSet(oracle_);
    }

    /// @inheritdoc IOperatorSet
    function bond(uint128 amount) external {
        // Check
        Operator storage operator = _operators[msg.sender];
        if (!operator.allowed) revert OperatorSet_NotOperator(msg.sender);
        _requireStaying(operator);

        // Effect
        uint128 total = operator.bond + amount;
        operator.bond = total;
        emit Bonded(msg.sender, amount, total);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IOperatorSet
    function requestExit() external {
        Operator storage operator = _operators[msg.sender];
        _requireStaying(operator);
        uint64 at = uint64(block.timestamp) + exitDelay;
        operator.withdrawableAt = at;
        emit ExitRequested(msg.sender, at);
    }

    /// @inheritdoc IOperatorSet
    function withdrawBond() external returns (uint128 amount) {
        // Check
        Operator storage operator = _operators[msg.sender];
        uint64 at = operator.withdrawableAt;
        if (at == 0) revert OperatorSet_NotLeaving(msg.sender);
        if (block.timestamp < at) revert OperatorSet_TooEarly(block.timestamp, at);

        // Effect
        amount = operator.bond;
        operator.bond = 0;
        operator.withdrawableAt = 0;
        emit Withdrawn(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IOperatorSet
    function slash(address operator, address beneficiary) external {
        // Check
        if (msg.sender != oracle) revert OperatorSet_NotOracle(msg.sender);

        // Effect
        uint128 amount = _operators[operator].bond;
        uint128 reward = amount / 2;
        _operators[operator].bond = 0;
        rewardOf[beneficiary] += reward;
        emit Slashed(operator, beneficiary, amount, reward);

        // Interaction
        token.burn(amount - reward);
    }

    /// @inheritdoc IOperatorSet
    function collectReward() external returns (uint128 amount) {
        // Check
        amount = rewardOf[msg.sender];
        if (amount == 0) revert OperatorSet_NoReward(msg.sender);

        // Effect
        rewardOf[msg.sender] = 0;
        emit RewardCollected(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IOperatorSet
    function isActive(address account) external view returns (bool) {
        Operator storage operator = _operators[account];
        return operator.allowed && operator.withdrawableAt == 0 && operator.bond >= minimumBond;
    }

    /// @inheritdoc IOperatorSet
    function isOperator(address operator) external view returns (bool) {
        return _operators[operator].allowed;
    }

    /// @inheritdoc IOperatorSet
    function bondOf(address operator) external view returns (uint128) {
        return _operators[operator].bond;
    }

    /// @inheritdoc IOperatorSet
    function withdrawableAt(address operator) external view returns (uint64) {
        return _operators[operator].withdrawableAt;
    }

    function _requireStaying(Operator storage operator) private view {
        uint64 at = operator.withdrawableAt;
        if (at != 0) revert OperatorSet_Leaving(msg.sender, at);
    }
}
