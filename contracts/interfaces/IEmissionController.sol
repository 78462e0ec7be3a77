// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";

/// @title IEmissionController
/// @notice Pays a fixed amount per emission epoch from its own balance into the Datanets' pools, by weight.
/// @dev Assumptions: the owner sets fair weights and the controller was given tokens. Safety: tokens leave only into
/// the escrow's pools, `amountPerEpoch` per epoch and not before the epoch begins. Liveness: anyone may fund an epoch;
/// a late one can be made up.
interface IEmissionController {
    /// @notice The split of the next epochs: parts of 10,000 per Datanet.
    event WeightsSet(uint32[] datanetIds, uint16[] bps);
    /// @notice An emission epoch was paid into the pools.
    event EpochFunded(uint32 indexed emissionEpoch, uint128 amount);

    /// @notice Thrown when there is not one weight per Datanet.
    error EmissionController_LengthMismatch(uint256 datanetIds, uint256 bps);
    /// @notice Thrown when there are more Datanets than one call can pay.
    error EmissionController_TooManyDatanets(uint256 count, uint256 maximum);
    /// @notice Thrown when Datanet ids do not rise strictly.
    error EmissionController_NotAscending(uint32 previous, uint32 next);
    /// @notice Thrown when the weights do not sum to 10,000.
    error EmissionController_WeightsNotWhole(uint256 got, uint256 expected);
    /// @notice Thrown when an epoch is funded before weights were set.
    error EmissionController_NoWeights();
    /// @notice Thrown when the next epoch has not begun; times are in seconds since 1970.
    error EmissionController_TooEarly(uint256 timestamp, uint256 opensAt);

    /// @notice Sets how the next epochs are split. Only the owner.
    /// @param datanetIds Strictly ascending.
    /// @param bps Parts of 10,000, summing to 10,000.
    function setWeights(uint32[] calldata datanetIds, uint16[] calldata bps) external;

    /// @notice Pays the next emission epoch into the pools `(1 << 32) | datanetId`; the last one gets the rounding.
    function fundEpoch() external returns (uint32 emissionEpoch);

    /// @notice The most Datanets that weights can name.
    function MAX_DATANETS() external view returns (uint256);

    /// @notice The weights in force.
    function weights() external view returns (uint32[] memory datanetIds, uint16[] memory bps);

    /// @notice The epoch that `fundEpoch` pays next, from 0.
    function nextEpoch() external view returns (uint32);

    /// @notice What one epoch pays, in wei.
    function amountPerEpoch() external view returns (uint128);

    /// @notice How long an epoch is, in seconds.
    function epochLength() external view returns (uint64);

    /// @notice When epoch 0 begins, in seconds since 1970.
    function startTime() external view returns (uint64);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Where emissions go.
    function escrow() external view returns (IRewardEscrow);
}
