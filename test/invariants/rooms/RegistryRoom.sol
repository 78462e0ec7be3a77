// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {World} from "../World.sol";

/// @notice Contributions, the rules of who is paid, and stakes.
abstract contract RegistryRoom is World {
    function contribute(uint256 seed) external watched {
        seed = _mix(seed);
        address account = _contributor(seed);
        uint32 datanet = uint32((seed >> 8) % DATANETS) + 1;
        if (datanet == STAKED_DATANET) {
            uint128 free =
                staking.positionOf(account, datanet).staked - staking.positionOf(account, datanet).locked;
            if (free < 3 * STAKE_PER_ITEM) {
                bytes memory data = abi.encodeCall(staking.stake, (datanet, 10 * STAKE_PER_ITEM));
                _try(account, address(staking), data);
            }
        }
        bytes32 root = keccak256(abi.encode(seed));
        _try(account, address(registry), abi.encodeCall(registry.commitBatch, (datanet, root, 3, root)));
    }

    /// @notice Payout address and claimer, mostly taken back soon.
    function setRules(uint256 seed) external watched {
        seed = _mix(seed);
        address account = _contributor(seed);
        address controller = contributorRules.controllerOf(account);
        bool off = (seed >> 8) % 2 == 0;
        bytes memory data =
            (seed >> 16) % 2 == 0
                ? abi.encodeCall(contributorRules.setPayout, (account, off ? account : coldWallet))
                : abi.encodeCall(contributorRules.setClaimer, (account, off ? address(0) : account));
        _try(controller, address(contributorRules), data);
    }

    /// @notice One step of a recovery: named, started, then finished or cancelled.
    function recover(uint256 seed) external watched {
        seed = _mix(seed);
        address account = _contributor(seed);
        address rules = address(contributorRules);
        address controller = contributorRules.controllerOf(account);
        if (controller == coldWallet) return;
        address named = contributorRules.rulesOf(account).recovery;
        uint64 readyAt = contributorRules.rulesOf(account).readyAt;
        if (named == address(0)) {
            _try(controller, rules, abi.encodeCall(contributorRules.setRecovery, (account, coldWallet)));
        } else if (readyAt == 0) {
            _try(named, rules, abi.encodeCall(contributorRules.startRecovery, (account)));
        } else if ((seed >> 8) % 4 != 0) {
            _try(controller, rules, abi.encodeCall(contributorRules.cancelRecovery, (account)));
        } else {
            if (block.timestamp < readyAt) _pass(readyAt - block.timestamp);
            _try(challenger, rules, abi.encodeCall(contributorRules.finishRecovery, (account)));
        }
    }

    function stake(uint256 seed) external watched {
        seed = _mix(seed);
        address account = _contributor(seed);
        uint128 amount = _amount(seed >> 32, token.balanceOf(account) / 50);
        _try(account, address(staking), abi.encodeCall(staking.stake, (_stakedIn(seed >> 8), amount)));
    }

    function leaveStake(uint256 seed) external watched {
        seed = _mix(seed);
        address account = _contributor(seed);
        uint32 datanet = _stakedIn(seed >> 8);
        uint128 exiting = staking.positionOf(account, datanet).exiting;
        uint64 exitAt = staking.withdrawableAt(account, datanet);
        if (exiting != 0 && ((seed >> 16) % 2 == 0 || block.timestamp >= exitAt)) {
            if (block.timestamp < exitAt) _pass(exitAt - block.timestamp);
            _must(Wrong.ExitBlocked, account, address(staking), abi.encodeCall(staking.withdraw, (datanet)));
            return;
        }
        uint128 free =
            staking.positionOf(account, datanet).staked - staking.positionOf(account, datanet).locked;
        if (free == 0) return;
        bytes memory data = abi.encodeCall(staking.requestExit, (datanet, _amount(seed >> 32, free)));
        _must(Wrong.ExitBlocked, account, address(staking), data);
    }

    function collectStake(uint256 seed) external watched {
        seed = _mix(seed);
        address account = (seed >> 8) % 4 == 0 ? challenger : _contributor(seed);
        if ((seed >> 8) % 8 == 1) account = _members[seed % MEMBERS];
        bytes memory data =
            staking.creditOf(account) != 0
                ? abi.encodeCall(staking.collectCredit, ())
                : abi.encodeCall(staking.collectReward, ());
        _must(Wrong.CreditBlocked, account, address(staking), data);
    }

    /// @notice What the staking contract owes, in wei, each part rounded down.
    function stakesHeld() external view returns (uint256 sum) {
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) {
            address account = _contributors[i];
            sum += staking.stakeOf(account) + staking.rewardOf(account) + staking.creditOf(account);
            sum += staking.positionOf(account, 1).exiting;
            sum += staking.positionOf(account, STAKED_DATANET).exiting;
        }
        for (uint256 i = 0; i < MEMBERS; ++i) sum += staking.creditOf(_members[i]);
        sum += staking.creditOf(challenger);
        sum += staking.carriedReward() / staking.REWARD_SCALE();
    }

    function _stakedIn(uint256 seed) private pure returns (uint32) {
        return seed % 3 == 0 ? 1 : STAKED_DATANET;
    }
}
