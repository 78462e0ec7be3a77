// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";

/// @title RewardEscrow
/// @notice See {IRewardEscrow}.
contract RewardEscrow is IRewardEscrow {
    using SafeERC20 for IOpenToken;

    /// @dev One slot: a post reads both, a release writes one.
    struct Totals {
        uint128 funded;
        uint128 released;
    }

    /// @inheritdoc IRewardEscrow
    IOpenToken public immutable token;
    /// @inheritdoc IRewardEscrow
    address public immutable vault;
    /// @inheritdoc IRewardEscrow
    Totals public totals;
    /// @inheritdoc IRewardEscrow
    address public oracle;
    /// @inheritdoc IRewardEscrow
    mapping(uint64 poolId => uint128) public funded;

    constructor(IOpenToken token_, address vault_, address initialOracle) {
        if (vault_ == address(0)) revert RewardEscrow_ZeroAddress(vault_, initialOracle);
        token = token_;
        vault = vault_;
        _setOracle(initialOracle);
    }

    /// @inheritdoc IRewardEscrow
    function setOracle(address newOracle) external {
        _requireOracle();
        _setOracle(newOracle);
    }

    /// @inheritdoc IRewardEscrow
    function fund(uint64 poolId, uint128 amount) external {
        // Check
        if (amount == 0) revert RewardEscrow_NothingToFund(poolId);

        // Effect
        totals.funded += amount;
        uint128 poolTotal = funded[poolId] + amount;
        funded[poolId] = poolTotal;
        emit PoolFunded(poolId, msg.sender, amount, poolTotal);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IRewardEscrow
    function release(uint128 newTotal) external {
        // Check
        _requireOracle();
        Totals memory before = totals;
        if (newTotal < before.released) revert RewardEscrow_TotalFell(newTotal, before.released);
        if (newTotal > before.funded) revert RewardEscrow_TotalOverFunded(newTotal, before.funded);

        // Effect
        uint128 amount = newTotal - before.released;
        totals.released = newTotal;
        emit Released(amount, newTotal);

        // Interaction
        if (amount != 0) token.safeTransfer(vault, amount);
    }

    /// @inheritdoc IRewardEscrow
    function totalFunded() external view returns (uint128) {
        return totals.funded;
    }

    /// @inheritdoc IRewardEscrow
    function totalReleased() external view returns (uint128) {
        return totals.released;
    }

    function _setOracle(address newOracle) private {
        if (newOracle == address(0)) revert RewardEscrow_ZeroAddress(vault, newOracle);
        oracle = newOracle;
        emit OracleSet(newOracle);
    }

    function _requireOracle() private view {
        if (msg.sender != oracle) revert RewardEscrow_NotOracle(msg.sender);
    }
}
