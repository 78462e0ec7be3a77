// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IDatanetStaking} from "../interfaces/IDatanetStaking.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {StakingRewards} from "./StakingRewards.sol";

/// @title DatanetStaking
/// @notice See {IDatanetStaking}.
contract DatanetStaking is StakingRewards, AccessManaged {
    using SafeCast for uint256;
    using SafeERC20 for IOpenToken;

    /// @dev One slot. All OPEN together is less than 2^96 wei.
    struct Stake {
        uint96 staked;
        uint96 exiting;
        uint64 exitAt;
    }

    /// @dev One slot. The locks made in lock period `period`, and those of the period before it.
    struct Locks {
        uint96 current;
        uint96 previous;
        uint64 period;
    }

    uint64 private constant MAX_EXIT_DELAY = 365 days;

    /// @inheritdoc IDatanetStaking
    uint64 public constant MAX_HOLD = 180 days;

    /// @inheritdoc IDatanetStaking
    IOpenToken public immutable token;
    /// @inheritdoc IDatanetStaking
    uint64 public immutable exitDelay;

    /// @inheritdoc IDatanetStaking
    address public registry;
    /// @inheritdoc IDatanetStaking
    mapping(address account => uint128) public creditOf;
    /// @inheritdoc IDatanetStaking
    mapping(address account => mapping(uint32 datanetId => uint64)) public heldUntil;

    mapping(address account => mapping(uint32 datanetId => Stake)) private _stakes;
    mapping(address account => mapping(uint32 datanetId => Locks)) private _locks;

    constructor(IOpenToken token_, address authority, uint64 exitDelay_) AccessManaged(authority) {
        if (exitDelay_ == 0 || exitDelay_ > MAX_EXIT_DELAY) {
            revert DatanetStaking_ExitDelay(exitDelay_, MAX_EXIT_DELAY);
        }
        token = token_;
        exitDelay = exitDelay_;
    }

    /// @inheritdoc IDatanetStaking
    function setRegistry(address registry_) external restricted {
        if (registry != address(0) || registry_ == address(0)) {
            revert DatanetStaking_RegistryAlreadySet(registry);
        }
        registry = registry_;
        emit RegistrySet(registry_);
    }

    /// @inheritdoc IDatanetStaking
    function stake(uint32 datanetId, uint128 amount) external {
        // Check
        if (amount == 0) revert DatanetStaking_ZeroAmount();
        _requireDatanet(datanetId);

        // Effect
        uint96 added = uint256(amount).toUint96();
        Earner storage earner = _settle(msg.sender);
        earner.staked += amount;
        totalStaked += amount;
        _stakes[msg.sender][datanetId].staked += added;
        emit Staked(msg.sender, datanetId, amount);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IDatanetStaking
    function lock(address account, uint32 datanetId, uint128 amount) external {
        // Check
        if (msg.sender != registry) revert DatanetStaking_NotRegistry(msg.sender, registry);
        Locks memory locks = _locksNow(account, datanetId);
        _requireFree(account, datanetId, locks, amount);

        // Effect
        locks.current += uint96(amount);
        _locks[account][datanetId] = locks;
        emit Locked(account, datanetId, amount, locks.period);
    }

    /// @inheritdoc IDatanetStaking
    function requestExit(uint32 datanetId, uint128 amount) external {
        // Check
        if (amount == 0) revert DatanetStaking_ZeroAmount();
        _requireFree(msg.sender, datanetId, _locksNow(msg.sender, datanetId), amount);

        // Effect
        _settle(msg.sender).staked -= amount;
        totalStaked -= amount;
        Stake storage position = _stakes[msg.sender][datanetId];
        position.staked -= uint96(amount);
        position.exiting += uint96(amount);
        position.exitAt = uint64(block.timestamp) + exitDelay;
        emit ExitRequested(msg.sender, datanetId, position.exiting, position.exitAt);
    }

    /// @inheritdoc IDatanetStaking
    function withdraw(uint32 datanetId) external returns (uint128 amount) {
        // Check
        Stake storage position = _stakes[msg.sender][datanetId];
        amount = position.exiting;
        if (amount == 0) revert DatanetStaking_NothingExiting(msg.sender, datanetId);
        uint64 from = _withdrawableAt(msg.sender, datanetId, position.exitAt);
        if (block.timestamp < from) revert DatanetStaking_ExitPending(from, block.timestamp);

        // Effect
        position.exiting = 0;
        position.exitAt = 0;
        emit Withdrawn(msg.sender, datanetId, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IDatanetStaking
    function hold(address account, uint32 datanetId, uint64 until) external restricted {
        uint64 most = uint64(block.timestamp) + MAX_HOLD;
        if (until > most) until = most;
        if (until <= heldUntil[account][datanetId]) return;
        heldUntil[account][datanetId] = until;
        emit Held(account, datanetId, until);
    }

    /// @inheritdoc IDatanetStaking
    function slash(
        address account,
        uint32 datanetId,
        uint128 amount,
        address beneficiary
    ) external restricted returns (uint128 slashed) {
        // Effect
        slashed = _take(account, datanetId, amount);
        if (slashed == 0) return 0;
        uint128 credited = beneficiary == address(0) ? 0 : slashed / 2;
        uint128 burned = slashed - credited;
        creditOf[beneficiary] += credited;
        emit Slashed(account, datanetId, beneficiary, burned, credited);

        // Interaction
        token.burn(burned);
    }

    /// @inheritdoc IDatanetStaking
    function notifyReward(uint128 amount) external {
        // Effect
        _addReward(amount);
        emit RewardNotified(msg.sender, amount);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IDatanetStaking
    function collectReward() external returns (uint128 amount) {
        // Effect
        Earner storage earner = _settle(msg.sender);
        uint256 earned = earner.earned;
        amount = (earned / REWARD_SCALE).toUint128();
        earner.earned = earned % REWARD_SCALE;
        emit RewardCollected(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IDatanetStaking
    function collectCredit() external returns (uint128 amount) {
        // Effect
        amount = creditOf[msg.sender];
        creditOf[msg.sender] = 0;
        emit CreditCollected(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IDatanetStaking
    function positionOf(address account, uint32 datanetId) external view returns (Position memory) {
        Stake memory position = _stakes[account][datanetId];
        uint128 locked = _lockedOf(_locksNow(account, datanetId));
        if (locked > position.staked) locked = position.staked;
        return Position(position.staked, locked, position.exiting, position.exitAt);
    }

    /// @inheritdoc IDatanetStaking
    function withdrawableAt(address account, uint32 datanetId) external view returns (uint64) {
        Stake memory position = _stakes[account][datanetId];
        return position.exiting == 0 ? 0 : _withdrawableAt(account, datanetId, position.exitAt);
    }

    /// @dev Exiting stake goes first: what stays can be slashed again, what leaves cannot.
    function _take(address account, uint32 datanetId, uint128 amount) private returns (uint128 taken) {
        Stake storage position = _stakes[account][datanetId];
        uint128 fromExiting = _min(amount, position.exiting);
        uint128 fromStaked = _min(amount - fromExiting, position.staked);
        position.exiting -= uint96(fromExiting);
        position.staked -= uint96(fromStaked);
        _settle(account).staked -= fromStaked;
        totalStaked -= fromStaked;
        return fromExiting + fromStaked;
    }

    /// @dev Where nobody can be accused, stake would only earn.
    function _requireDatanet(uint32 datanetId) private view {
        address from = registry;
        uint32 count = from == address(0) ? 0 : IDatanetRegistry(from).datanetCount();
        if (datanetId == 0 || datanetId > count) revert DatanetStaking_UnknownDatanet(datanetId, count);
    }

    function _requireFree(
        address account,
        uint32 datanetId,
        Locks memory locks,
        uint128 needed
    ) private view {
        uint128 staked = _stakes[account][datanetId].staked;
        uint128 locked = _lockedOf(locks);
        // A slashing may have left less than was locked.
        uint128 free = staked > locked ? staked - locked : 0;
        if (needed > free) revert DatanetStaking_InsufficientStake(account, datanetId, free, needed);
    }

    /// @dev A hold delays an exit, by `MAX_HOLD` at most, however often it is renewed.
    function _withdrawableAt(address account, uint32 datanetId, uint64 exitAt) private view returns (uint64) {
        uint64 held = heldUntil[account][datanetId];
        if (held <= exitAt) return exitAt;
        return held < exitAt + MAX_HOLD ? held : exitAt + MAX_HOLD;
    }

    /// @dev The locks as of this lock period: those of two periods ago have ended.
    function _locksNow(address account, uint32 datanetId) private view returns (Locks memory locks) {
        locks = _locks[account][datanetId];
        uint64 period = uint64(block.timestamp / exitDelay);
        if (locks.period == period) return locks;
        return Locks({current: 0, previous: locks.period + 1 == period ? locks.current : 0, period: period});
    }

    function _lockedOf(Locks memory locks) private pure returns (uint128) {
        return uint128(locks.current) + locks.previous;
    }

    function _min(uint128 a, uint128 b) private pure returns (uint128) {
        return a < b ? a : b;
    }
}
