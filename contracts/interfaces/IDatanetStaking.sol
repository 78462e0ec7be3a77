// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IDatanetStaking
/// @notice OPEN that stands behind what an account contributes to a Datanet, and the stakers' part of the fees.
/// @dev Assumptions: the token is OPEN (no hooks, no fee on transfer, supply below 2^96 wei); the registry locks only
/// the stake of the account that contributes; the slasher is a court. Safety: stake, rewards and credits are counters
/// of their own and no function looks at the contract's balance, so none can be paid from another. What is notified is
/// paid to the last wei but for a remainder below one wei that goes into the next reward. Liveness: after `exitDelay`
/// nobody can hold back an exit. A reward is shared at once among those who stake at that moment, so it should be
/// notified often; who joins only for it is held for `exitDelay`, and can be slashed during it.
interface IDatanetStaking {
    /// @param staked What counts for rewards and can be locked, in wei.
    /// @param locked The part of `staked` that stands behind committed items.
    /// @param exiting What is on its way out. It earns nothing and can still be slashed.
    /// @param exitAt When `exiting` may be withdrawn, in seconds since 1970.
    struct Position {
        uint128 staked;
        uint128 locked;
        uint128 exiting;
        uint64 exitAt;
    }

    /// @notice The registry was set, for ever.
    event RegistrySet(address indexed registry);
    /// @notice An account staked on a Datanet.
    event Staked(address indexed account, uint32 indexed datanetId, uint128 amount);
    /// @notice Stake was locked behind items. The lock ends with the lock period after `period`.
    event Locked(address indexed account, uint32 indexed datanetId, uint128 amount, uint64 period);
    /// @notice An account began to leave. `exiting` is all that it may withdraw at `exitAt`.
    event ExitRequested(address indexed account, uint32 indexed datanetId, uint128 exiting, uint64 exitAt);
    /// @notice An account took back what had left.
    event Withdrawn(address indexed account, uint32 indexed datanetId, uint128 amount);
    /// @notice An account lost `burned + credited` wei, of which `beneficiary` may collect `credited`.
    event Slashed(
        address indexed account,
        uint32 indexed datanetId,
        address indexed beneficiary,
        uint128 burned,
        uint128 credited
    );
    /// @notice A reward came in for all stakers.
    event RewardNotified(address indexed from, uint128 amount);
    /// @notice An account collected its rewards.
    event RewardCollected(address indexed account, uint128 amount);
    /// @notice An account collected what slashings credited to it.
    event CreditCollected(address indexed account, uint128 amount);

    /// @notice Thrown when the exit delay is zero or longer than the maximum.
    error DatanetStaking_ExitDelay(uint64 exitDelay, uint64 maximum);
    /// @notice Thrown when the registry is set a second time, or to zero.
    error DatanetStaking_RegistryAlreadySet(address registry);
    /// @notice Thrown when another account than the registry locks stake.
    error DatanetStaking_NotRegistry(address caller, address registry);
    /// @notice Thrown when an amount is zero.
    error DatanetStaking_ZeroAmount();
    /// @notice Thrown when an account locks or takes out more than it has free on the Datanet.
    error DatanetStaking_InsufficientStake(address account, uint32 datanetId, uint128 free, uint128 needed);
    /// @notice Thrown when nothing is on its way out.
    error DatanetStaking_NothingExiting(address account, uint32 datanetId);
    /// @notice Thrown when an exit is withdrawn before its time.
    error DatanetStaking_ExitPending(uint64 exitAt, uint256 timestamp);

    /// @notice Sets the registry that may lock. Restricted, once.
    function setRegistry(address registry) external;

    /// @notice Stakes the caller's OPEN on a Datanet. The contract must be approved for `amount` wei.
    function stake(uint32 datanetId, uint128 amount) external;

    /// @notice Locks free stake of an account behind items that it commits. Only the registry. A lock ends when one
    /// whole lock period (`exitDelay`, counted from 1970) has passed after the one in which it was made.
    function lock(address account, uint32 datanetId, uint128 amount) external;

    /// @notice Starts the exit of free stake. If something is already exiting, all of it waits anew.
    function requestExit(uint32 datanetId, uint128 amount) external;

    /// @notice Pays the caller what has exited.
    function withdraw(uint32 datanetId) external returns (uint128 amount);

    /// @notice Takes up to `amount` wei of an account's stake on a Datanet, exiting stake first. Half is burned, half,
    /// rounded down, is credited to `beneficiary`; all is burned if that is zero. Restricted.
    /// @return slashed What was there to take.
    function slash(
        address account,
        uint32 datanetId,
        uint128 amount,
        address beneficiary
    ) external returns (uint128 slashed);

    /// @notice Pulls `amount` wei from the caller and shares them by stake. While nobody stakes, they wait for the
    /// next reward that finds a staker. Zero gives out what waits.
    function notifyReward(uint128 amount) external;

    /// @notice Pays the caller's rewards.
    function collectReward() external returns (uint128 amount);

    /// @notice Pays what slashings credited to the caller.
    function collectCredit() external returns (uint128 amount);

    /// @notice An account's stake on a Datanet, with the locks of this moment.
    function positionOf(address account, uint32 datanetId) external view returns (Position memory);

    /// @notice All that an account stakes, over all Datanets, without what is exiting.
    function stakeOf(address account) external view returns (uint128);

    /// @notice All that is staked, without what is exiting.
    function totalStaked() external view returns (uint128);

    /// @notice What `collectReward` would pay to an account.
    function rewardOf(address account) external view returns (uint128);

    /// @notice What `collectCredit` would pay to an account.
    function creditOf(address account) external view returns (uint128);

    /// @notice What was notified and not yet shared, in wei times `REWARD_SCALE`.
    function carriedReward() external view returns (uint256);

    /// @notice Rewards are counted in parts of a wei: this many.
    function REWARD_SCALE() external view returns (uint256);

    /// @notice How long an exit takes, in seconds; also the length of a lock period.
    function exitDelay() external view returns (uint64);

    /// @notice The registry that may lock, zero before it was set.
    function registry() external view returns (address);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);
}
