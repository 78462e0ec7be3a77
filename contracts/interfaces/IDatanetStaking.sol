// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IDatanetStaking
/// @notice OPEN that stands behind what an account contributes to a Datanet, and the stakers' part of the fees.
/// @dev Assumptions: the token is OPEN (no hooks, no fee on transfer, supply below 2^96 wei); the registry locks only
/// the stake of the account that contributes; the slasher is a court. Safety: stake, rewards and credits are counters
/// of their own and no function looks at the contract's balance, so none can be paid from another. What is notified is
/// paid to the last wei but for a remainder below one wei that goes into the next reward. Liveness: after `exitDelay`
/// only a hold of the slasher's can keep an exit back, and none longer than `MAX_HOLD`.
///
/// Holds: a court keeps the stake that it may yet slash from leaving. A hold never stops an exit from being requested, only
/// from being withdrawn, and covers all of the account's stake on the Datanet. However often holds are renewed, by one
/// court or several, an exit is withdrawn `MAX_HOLD` after its own time at the latest; one that was due that long
/// before could have left before.
///
/// Rewards: each one flows out evenly over `REWARD_PERIOD`, to those who stake while it does, so that there is no moment
/// at which to stake just for it. One that comes in while another flows is mixed with it, over the mean of the times
/// that both have left, weighted by amount: a dust reward cannot hold a large one back. While nobody stakes nothing
/// flows, and it goes on with the next staker, no faster.
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
    /// @notice What an account has on a Datanet cannot be withdrawn before `until`, in seconds since 1970.
    event Held(address indexed account, uint32 indexed datanetId, uint64 until);
    /// @notice An account lost `burned + credited` wei, of which `beneficiary` may collect `credited`.
    event Slashed(
        address indexed account,
        uint32 indexed datanetId,
        address indexed beneficiary,
        uint128 burned,
        uint128 credited
    );
    /// @notice A reward for all stakers came in, and flows out from now on.
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
    /// @notice Thrown when stake is for a Datanet that was never created; the last one is `datanetCount`.
    error DatanetStaking_UnknownDatanet(uint32 datanetId, uint32 datanetCount);
    /// @notice Thrown when an account locks or takes out more than it has free on the Datanet.
    error DatanetStaking_InsufficientStake(address account, uint32 datanetId, uint128 free, uint128 needed);
    /// @notice Thrown when nothing is on its way out.
    error DatanetStaking_NothingExiting(address account, uint32 datanetId);
    /// @notice Thrown when an exit is withdrawn before its time, or while it is held.
    error DatanetStaking_ExitPending(uint64 withdrawableAt, uint256 timestamp);

    /// @notice Sets the registry that may lock. Restricted, once.
    function setRegistry(address registry) external;

    /// @notice Stakes the caller's OPEN on a Datanet that exists. The contract must be approved for `amount` wei.
    function stake(uint32 datanetId, uint128 amount) external;

    /// @notice Locks free stake of an account behind items that it commits. Only the registry. A lock ends when one
    /// whole lock period (`exitDelay`, counted from 1970) has passed after the one in which it was made.
    function lock(address account, uint32 datanetId, uint128 amount) external;

    /// @notice Starts the exit of free stake. If something is already exiting, all of it waits anew.
    function requestExit(uint32 datanetId, uint128 amount) external;

    /// @notice Pays the caller what has exited.
    function withdraw(uint32 datanetId) external returns (uint128 amount);

    /// @notice Keeps an account's exits on a Datanet from being withdrawn before `until`, or before `MAX_HOLD` from now if
    /// that is earlier. A hold that ends later stays. Restricted.
    /// @param until In seconds since 1970.
    function hold(address account, uint32 datanetId, uint64 until) external;

    /// @notice Takes up to `amount` wei of an account's stake on a Datanet, exiting stake first. Half is burned, half,
    /// rounded down, is credited to `beneficiary`; all is burned if that is zero. Restricted.
    /// @return slashed What was there to take.
    function slash(
        address account,
        uint32 datanetId,
        uint128 amount,
        address beneficiary
    ) external returns (uint128 slashed);

    /// @notice Pulls `amount` wei from the caller, to flow out to the stakers. Nothing changes nothing.
    function notifyReward(uint128 amount) external;

    /// @notice Pays the caller's rewards.
    function collectReward() external returns (uint128 amount);

    /// @notice Pays what slashings credited to the caller.
    function collectCredit() external returns (uint128 amount);

    /// @notice An account's stake on a Datanet, with the locks of this moment.
    function positionOf(address account, uint32 datanetId) external view returns (Position memory);

    /// @notice When an account can withdraw what is exiting from a Datanet, holds considered; 0 if nothing is.
    function withdrawableAt(address account, uint32 datanetId) external view returns (uint64);

    /// @notice Until when an account's stake on a Datanet is held, in seconds since 1970.
    function heldUntil(address account, uint32 datanetId) external view returns (uint64);

    /// @notice The longest that a hold can last, and that it can delay an exit, in seconds.
    function MAX_HOLD() external view returns (uint64);

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

    /// @notice What flows out each second, in wei times `REWARD_SCALE`, and until when, in seconds since 1970. An end
    /// that is not in the future: nothing flows.
    function rewardStream() external view returns (uint256 rate, uint64 end);

    /// @notice How long a reward flows, in seconds.
    function REWARD_PERIOD() external view returns (uint64);

    /// @notice Rewards are counted in parts of a wei: this many.
    function REWARD_SCALE() external view returns (uint256);

    /// @notice How long an exit takes, in seconds; also the length of a lock period.
    function exitDelay() external view returns (uint64);

    /// @notice The registry that may lock, zero before it was set.
    function registry() external view returns (address);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);
}
