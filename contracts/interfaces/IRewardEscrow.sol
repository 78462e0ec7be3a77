// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IRewardEscrow
/// @notice Holds what was funded, per pool, until a final root entitles the vault to it.
/// @dev Assumptions: the oracle releases only totals of roots that survived the challenge window. Safety: tokens leave
/// only towards the vault, which is fixed at construction, never more than was funded, and only by the increase of the
/// total. There is no other exit. Liveness: anyone may fund, whatever the oracle does.
interface IRewardEscrow {
    /// @notice The oracle handed its place to `oracle`.
    event OracleSet(address indexed oracle);
    /// @notice A pool was funded; `poolTotal` is all it ever got, in wei.
    event PoolFunded(uint64 indexed poolId, address indexed from, uint128 amount, uint128 poolTotal);
    /// @notice The vault got `amount`; `total` is all it ever got, in wei.
    event Released(uint128 amount, uint128 total);

    /// @notice Thrown when the vault or the oracle would be zero.
    error RewardEscrow_ZeroAddress(address vault, address oracle);
    /// @notice Thrown when somebody else than the oracle releases, or names another oracle.
    error RewardEscrow_NotOracle(address caller);
    /// @notice Thrown when a pool is funded with nothing.
    error RewardEscrow_NothingToFund(uint64 poolId);
    /// @notice Thrown when the new total is below what was already released.
    error RewardEscrow_TotalFell(uint128 total, uint128 released);
    /// @notice Thrown when the new total is above what was ever funded.
    error RewardEscrow_TotalOverFunded(uint128 total, uint128 funded);

    /// @notice Hands the oracle's place to another. Only the oracle.
    function setOracle(address newOracle) external;

    /// @notice Moves `amount` wei of the caller's tokens, which must be approved, into a pool.
    /// @param poolId `(kind << 32) | id`; kind 1 is a Datanet's emissions, kind 2 a model's fees.
    function fund(uint64 poolId, uint128 amount) external;

    /// @notice Sends the vault what it lacks to `newTotal` wei. Only the oracle.
    function release(uint128 newTotal) external;

    /// @notice All that a pool ever got, in wei.
    function funded(uint64 poolId) external view returns (uint128);

    /// @notice All that all pools ever got and all that the vault ever got, in wei: one slot, one read.
    function totals() external view returns (uint128 fundedTotal, uint128 releasedTotal);

    /// @notice All that all pools ever got, in wei.
    function totalFunded() external view returns (uint128);

    /// @notice All that the vault ever got, in wei.
    function totalReleased() external view returns (uint128);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Who may release.
    function oracle() external view returns (address);

    /// @notice Where released tokens go.
    function vault() external view returns (address);
}
