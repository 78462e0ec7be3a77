// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";

/// @title RewardEscrow
/// @notice See {IRewardEscrow}.
contract RewardEscrow is IRewardEscrow, Ownable2Step {
    using SafeERC20 for IOpenToken;

    /// @inheritdoc IRewardEscrow
    IOpenToken public immutable token;
    /// @inheritdoc IRewardEscrow
    address public oracle;
    /// @inheritdoc IRewardEscrow
    address public vault;
    /// @inheritdoc IRewardEscrow
    uint128 public totalFunded;
    /// @inheritdoc IRewardEscrow
    uint128 public totalReleased;
    /// @inheritdoc IRewardEscrow
    mapping(uint64 poolId => uint128) public funded;

    constructor(IOpenToken token_, address owner) Ownable(owner) {
        token = token_;
    }

    /// @inheritdoc IRewardEscrow
    function setOracle(address oracle_, address vault_) external onlyOwner {
        if (oracle != address(0)) revert RewardEscrow_OracleAlreadySet(oracle);
        if (oracle_ == address(0) || vault_ == address(0)) revert RewardEscrow_ZeroAddress(oracle_, vault_);
        oracle = oracle_;
        vault = vault_;
        emit OracleSet(oracle_, vault_);
    }

    /// @inheritdoc IRewardEscrow
    function fund(uint64 poolId, uint128 amount) external {
        // Check
        if (amount == 0) revert RewardEscrow_NothingToFund(poolId);

        // Effect
        totalFunded += amount;
        uint128 poolTotal = funded[poolId] + amount;
        funded[poolId] = poolTotal;
        emit PoolFunded(poolId, msg.sender, amount, poolTotal);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IRewardEscrow
    function release(uint128 newTotal) external {
        // Check
        if (msg.sender != oracle) revert RewardEscrow_NotOracle(msg.sender);
        uint128 released = totalReleased;
        if (newTotal < released) revert RewardEscrow_TotalFell(newTotal, released);
        if (newTotal > totalFunded) revert RewardEscrow_TotalOverFunded(newTotal, totalFunded);

        // Effect
        uint128 amount = newTotal - released;
        totalReleased = newTotal;
        emit Released(amount, newTotal);

        // Interaction
        token.safeTransfer(vault, amount);
    }
}
