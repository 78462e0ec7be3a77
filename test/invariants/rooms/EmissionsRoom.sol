// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {World} from "../World.sol";

/// @notice Emissions out of the vesting, lineage between Datanets, and direct funding of pools.
abstract contract EmissionsRoom is World {
    /// @notice What was emitted, and the budgets of the epochs in which it was, in wei.
    uint256 public emitted;
    uint256 public budgeted;
    /// @notice What left the controller for the escrow, in wei.
    uint256 public emissionsFunded;

    function emitRewards(uint256 seed) external watched {
        seed = _mix(seed);
        uint256 opensAt = emissions.startTime() + uint256(emissions.nextEpoch()) * EMISSION_EPOCH;
        if (block.timestamp < opensAt && seed % 2 == 0) _pass(opensAt - block.timestamp);
        if (block.timestamp < opensAt) {
            bytes memory early = abi.encodeCall(emissions.fundEpoch, ());
            _mustNot(Wrong.Intruded, challenger, address(emissions), early);
            return;
        }
        uint256 budget = emissions.budget();
        (uint256 funded, uint256 accrued) = (escrow.totalFunded(), emissions.totalAccrued());
        (bool ok, ) = _try(challenger, address(emissions), abi.encodeCall(emissions.fundEpoch, ()));
        if (!ok) return;
        emissionsFunded += escrow.totalFunded() - funded;
        emitted += escrow.totalFunded() - funded + emissions.totalAccrued() - accrued;
        budgeted += budget;
    }

    function fundAccrued(uint256 seed) external watched {
        uint32 datanet = uint32(_mix(seed) % DATANETS) + 1;
        if (emissions.accrued(datanet) == 0) return;
        uint256 funded = escrow.totalFunded();
        bytes memory data = abi.encodeCall(emissions.fundAccrued, (datanet));
        _must(Wrong.CreditBlocked, challenger, address(emissions), data);
        emissionsFunded += escrow.totalFunded() - funded;
    }

    function reportFees(uint256 seed) external watched {
        uint32 model = uint32(_mix(seed) % MODELS) + 1;
        _try(challenger, address(emissions), abi.encodeCall(emissions.reportFees, (model)));
    }

    function fund(uint256 seed) external watched {
        seed = _mix(seed);
        uint64 poolId = _poolId(seed % POOLS);
        bytes memory data = abi.encodeCall(escrow.fund, (poolId, _amount(seed >> 32, 1_000e18)));
        _try(founder, address(escrow), data);
    }

    /// @notice What is credited to the Datanets, in wei.
    function sumOfAccrued() external view returns (uint256 sum) {
        for (uint32 datanet = 1; datanet <= DATANETS; ++datanet) sum += emissions.accrued(datanet);
    }

    /// @notice What ever vested for emissions, in wei.
    function vested() external view returns (uint256) {
        return vesting.vestedAmount(address(token), uint64(block.timestamp));
    }

    /// @notice What came out of the vesting, in wei.
    function vestingReleased() external view returns (uint256) {
        return vesting.released(address(token));
    }

    /// @dev Three pools of Datanets, two of models, ascending.
    function _poolId(uint256 position) internal pure returns (uint64) {
        return position < 3 ? uint64((1 << 32) + position + 1) : uint64((2 << 32) + position - 2);
    }
}
