// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IEmissionController} from "../interfaces/IEmissionController.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";

/// @title EmissionController
/// @notice See {IEmissionController}.
contract EmissionController is IEmissionController, Ownable2Step {
    uint256 private constant WHOLE = 10_000;
    uint64 private constant DATANET_POOL = 1 << 32;

    /// @inheritdoc IEmissionController
    uint256 public constant MAX_DATANETS = 256;

    /// @inheritdoc IEmissionController
    IOpenToken public immutable token;
    /// @inheritdoc IEmissionController
    IRewardEscrow public immutable escrow;
    /// @inheritdoc IEmissionController
    uint128 public immutable amountPerEpoch;
    /// @inheritdoc IEmissionController
    uint64 public immutable epochLength;
    /// @inheritdoc IEmissionController
    uint64 public immutable startTime;
    /// @inheritdoc IEmissionController
    uint32 public nextEpoch;

    uint32[] private _datanetIds;
    uint16[] private _bps;

    constructor(
        IOpenToken token_,
        IRewardEscrow escrow_,
        address owner,
        uint128 amountPerEpoch_,
        uint64 epochLength_,
        uint64 startTime_
    ) Ownable(owner) {
        token = token_;
        escrow = escrow_;
        amountPerEpoch = amountPerEpoch_;
        epochLength = epochLength_;
        startTime = startTime_;
    }

    /// @inheritdoc IEmissionController
    function setWeights(uint32[] calldata datanetIds, uint16[] calldata bps) external onlyOwner {
        // Check
        uint256 count = datanetIds.length;
        if (count != bps.length) revert EmissionController_LengthMismatch(count, bps.length);
        if (count > MAX_DATANETS) revert EmissionController_TooManyDatanets(count, MAX_DATANETS);
        uint32 previous = 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (datanetIds[i] <= previous) revert EmissionController_NotAscending(previous, datanetIds[i]);
            previous = datanetIds[i];
            sum += bps[i];
        }
        if (sum != WHOLE) revert EmissionController_WeightsNotWhole(sum, WHOLE);

        // Effect
        _datanetIds = datanetIds;
        _bps = bps;
        emit WeightsSet(datanetIds, bps);
    }

    /// @inheritdoc IEmissionController
    function fundEpoch() external returns (uint32 emissionEpoch) {
        // Check
        emissionEpoch = nextEpoch;
        uint256 opensAt = startTime + uint256(emissionEpoch) * epochLength;
        if (block.timestamp < opensAt) revert EmissionController_TooEarly(block.timestamp, opensAt);
        if (_datanetIds.length == 0) revert EmissionController_NoWeights();

        // Effect
        nextEpoch = emissionEpoch + 1;
        emit EpochFunded(emissionEpoch, amountPerEpoch);

        // Interaction
        token.approve(address(escrow), amountPerEpoch);
        _fundPools();
    }

    /// @inheritdoc IEmissionController
    function weights() external view returns (uint32[] memory datanetIds, uint16[] memory bps) {
        return (_datanetIds, _bps);
    }

    function _fundPools() private {
        uint256 last = _datanetIds.length - 1;
        uint128 left = amountPerEpoch;
        for (uint256 i = 0; i < last; ++i) {
            uint128 amount = uint128((uint256(amountPerEpoch) * _bps[i]) / WHOLE);
            left -= amount;
            _fundPool(_datanetIds[i], amount);
        }
        _fundPool(_datanetIds[last], left);
    }

    function _fundPool(uint32 datanetId, uint128 amount) private {
        // A weight of zero, or of less than a wei, pays nothing; the escrow refuses empty funding.
        if (amount != 0) escrow.fund(DATANET_POOL | datanetId, amount);
    }
}
