// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IOperatorSet
/// @notice Who may post roots, and the bonds that they lose for a lie.
/// @dev Assumptions: the owner names operators; the oracle slashes only for proven lies. Safety: a bond leaves only to
/// its operator after the exit delay, or by a slash, half burned and half credited. The exit delay is at least the
/// challenge window, so a bond outlives every post made with it. Slashing transfers nothing to the beneficiary, so it
/// cannot be made to fail.
interface IOperatorSet {
    /// @notice The oracle was set, for ever.
    event OracleSet(address indexed oracle);
    /// @notice An account was named, or is no longer named, an operator.
    event OperatorNamed(address indexed operator, bool allowed);
    /// @notice An operator added `amount` wei; its bond is now `total`.
    event Bonded(address indexed operator, uint128 amount, uint128 total);
    /// @notice An operator is no longer active and may withdraw at that time, in seconds since 1970.
    event ExitRequested(address indexed operator, uint64 withdrawableAt);
    /// @notice An operator took its bond back.
    event Withdrawn(address indexed operator, uint128 amount);
    /// @notice An operator lost `amount`: `reward` was credited to the beneficiary, the rest burned.
    event Slashed(address indexed operator, address indexed beneficiary, uint128 amount, uint128 reward);
    /// @notice A beneficiary took its credit.
    event RewardCollected(address indexed beneficiary, uint128 amount);

    /// @notice Thrown when the oracle is set a second time; it is `oracle`.
    error OperatorSet_OracleAlreadySet(address oracle);
    /// @notice Thrown when the oracle would be zero.
    error OperatorSet_ZeroOracle();
    /// @notice Thrown when somebody else than the oracle slashes.
    error OperatorSet_NotOracle(address caller);
    /// @notice Thrown when an account that is not named bonds.
    error OperatorSet_NotOperator(address caller);
    /// @notice Thrown when an operator that is leaving bonds or asks to leave again.
    error OperatorSet_Leaving(address operator, uint64 withdrawableAt);
    /// @notice Thrown when an operator withdraws before it asked to leave.
    error OperatorSet_NotLeaving(address operator);
    /// @notice Thrown when an operator withdraws too early; times are in seconds since 1970.
    error OperatorSet_TooEarly(uint256 timestamp, uint64 withdrawableAt);
    /// @notice Thrown when there is no credit to collect.
    error OperatorSet_NoReward(address caller);

    /// @notice Names an operator, or ends its naming. Only the owner. A bond stays slashable either way.
    function setOperator(address operator, bool allowed) external;

    /// @notice Sets the oracle. Only the owner, only once.
    function setOracle(address oracle) external;

    /// @notice Adds `amount` wei of the caller's tokens, which must be approved, to its bond.
    function bond(uint128 amount) external;

    /// @notice Makes the caller inactive at once, and lets it withdraw after the exit delay.
    function requestExit() external;

    /// @notice Returns the caller's whole bond.
    function withdrawBond() external returns (uint128 amount);

    /// @notice Takes an operator's whole bond: half is credited to `beneficiary`, the rest burned. Only the oracle.
    function slash(address operator, address beneficiary) external;

    /// @notice Pays the caller its credit.
    function collectReward() external returns (uint128 amount);

    /// @notice Whether an account is named, bonded to the minimum and not leaving.
    function isActive(address operator) external view returns (bool);

    /// @notice Whether an account is named.
    function isOperator(address operator) external view returns (bool);

    /// @notice An operator's bond, in wei.
    function bondOf(address operator) external view returns (uint128);

    /// @notice When a leaving operator may withdraw, in seconds since 1970; zero if it is not leaving.
    function withdrawableAt(address operator) external view returns (uint64);

    /// @notice A beneficiary's credit, in wei.
    function rewardOf(address beneficiary) external view returns (uint128);

    /// @notice The least bond of an active operator, in wei.
    function minimumBond() external view returns (uint128);

    /// @notice How long a bond stays after its operator asked to leave, in seconds.
    function exitDelay() external view returns (uint64);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Who may slash, zero until set.
    function oracle() external view returns (address);
}
