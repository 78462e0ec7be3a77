// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDatanetStaking} from "../interfaces/IDatanetStaking.sol";

/// @title StakingRewards
/// @notice The arithmetic of stakers' rewards: each one flows out over time, by stake. See {IDatanetStaking}. It moves
/// no tokens.
/// @dev In parts of a wei, what was notified is what was shared, what is carried and what is still to flow, exactly.
abstract contract StakingRewards is IDatanetStaking {
    using SafeCast for uint256;

    /// @dev What an account earned up to `sharedSoFar`, in parts of a wei, so that nothing is rounded before a payment.
    struct Earner {
        uint128 staked;
        uint256 sharedSoFar;
        uint256 earned;
    }

    /// @dev What flows: `rate` parts of a wei each second, from `at` until `end`.
    struct Stream {
        uint256 rate;
        uint64 at;
        uint64 end;
    }

    /// @inheritdoc IDatanetStaking
    uint256 public constant REWARD_SCALE = 1 << 96;
    /// @inheritdoc IDatanetStaking
    uint64 public constant REWARD_PERIOD = 7 days;

    /// @inheritdoc IDatanetStaking
    uint128 public totalStaked;

    Stream private _stream;
    /// @dev What one staked wei has earned since the beginning, in parts of a wei.
    uint256 private _sharedPerWei;
    /// @dev The remainder of the last division among stakers, in parts of a wei: less than `totalStaked` then was.
    uint256 private _remainder;
    mapping(address account => Earner) internal _earners;

    /// @inheritdoc IDatanetStaking
    function stakeOf(address account) external view returns (uint128) {
        return _earners[account].staked;
    }

    /// @inheritdoc IDatanetStaking
    function rewardOf(address account) external view returns (uint128) {
        (uint256 sharedPerWei, , ) = _flowed();
        return (_earnedBy(_earners[account], sharedPerWei) / REWARD_SCALE).toUint128();
    }

    /// @inheritdoc IDatanetStaking
    function carriedReward() external view returns (uint256) {
        (, uint256 remainder, Stream memory stream) = _flowed();
        return remainder + stream.rate * (stream.end - stream.at);
    }

    /// @inheritdoc IDatanetStaking
    function rewardStream() external view returns (uint256 rate, uint64 end) {
        (, , Stream memory stream) = _flowed();
        return (stream.rate, stream.end);
    }

    /// @dev Lets the reward flow until now. Must come before every change of an account's stake.
    function _settle(address account) internal returns (Earner storage earner) {
        uint256 sharedPerWei = _flow();
        earner = _earners[account];
        earner.earned = _earnedBy(earner, sharedPerWei);
        earner.sharedSoFar = sharedPerWei;
    }

    /// @dev Mixes a reward into what flows. The time that the mixture takes is the mean of the two times, by amount: a
    /// small reward does not hold up a large one, and nothing does to it.
    function _addReward(uint128 amount) internal {
        _flow();
        Stream memory stream = _stream;
        uint256 left = stream.end - stream.at;
        uint256 old = stream.rate * left;
        uint256 added = amount * REWARD_SCALE;
        uint256 all = old + added;
        if (added == 0) return;
        uint256 duration = Math.ceilDiv(old * left + added * REWARD_PERIOD, all);
        _remainder += all % duration;
        uint64 from = uint64(block.timestamp);
        _stream = Stream({rate: all / duration, at: from, end: from + uint64(duration)});
    }

    function _flow() private returns (uint256 sharedPerWei) {
        (sharedPerWei, _remainder, _stream) = _flowed();
        _sharedPerWei = sharedPerWei;
    }

    /// @dev Where the reward stands now. While nobody stakes nothing flows, and the end moves away.
    function _flowed() private view returns (uint256 sharedPerWei, uint256 remainder, Stream memory stream) {
        (sharedPerWei, remainder, stream) = (_sharedPerWei, _remainder, _stream);
        if (stream.at == stream.end) return (sharedPerWei, remainder, stream);
        uint64 from = stream.at;
        uint64 time = uint64(block.timestamp);
        uint256 shares = totalStaked;
        if (shares == 0) {
            (stream.at, stream.end) = (time, stream.end + time - from);
            return (sharedPerWei, remainder, stream);
        }
        stream.at = time < stream.end ? time : stream.end;
        uint256 toShare = remainder + stream.rate * (stream.at - from);
        return (sharedPerWei + toShare / shares, toShare % shares, stream);
    }

    function _earnedBy(Earner storage earner, uint256 sharedPerWei) private view returns (uint256) {
        return earner.earned + earner.staked * (sharedPerWei - earner.sharedSoFar);
    }
}
