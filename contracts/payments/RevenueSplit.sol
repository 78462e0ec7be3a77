// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IDatanetStaking} from "../interfaces/IDatanetStaking.sol";
import {IInferencePayments} from "../interfaces/IInferencePayments.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";

/// @title RevenueSplit
/// @notice What the models took, whose it is, and its collection. See {IInferencePayments}. A payment adds to one counter;
/// every part is a floor of it, computed when asked for.
abstract contract RevenueSplit is IInferencePayments {
    using SafeERC20 for IOpenToken;

    /// @dev All counters are cumulative. A payment writes the first slot only.
    struct Ledger {
        uint128 revenue;
        uint128 tallied;
        uint128 contributorsCollected;
        uint128 ownerCollected;
        uint128 lineageReceived;
        uint128 lineagePassed;
    }

    uint256 private constant WHOLE = 10_000;
    uint64 private constant MODEL_POOL = 2 << 32;

    /// @inheritdoc IInferencePayments
    IOpenToken public immutable token;
    /// @inheritdoc IInferencePayments
    IModelRegistry public immutable modelRegistry;
    /// @inheritdoc IInferencePayments
    IRewardEscrow public immutable escrow;
    /// @inheritdoc IInferencePayments
    IDatanetStaking public immutable staking;
    /// @inheritdoc IInferencePayments
    address public immutable treasury;
    /// @inheritdoc IInferencePayments
    uint16 public immutable protocolBps;
    /// @inheritdoc IInferencePayments
    uint16 public immutable stakersBps;
    /// @inheritdoc IInferencePayments
    uint16 public immutable modelBps;
    uint256 private immutable _contributorsBps;

    uint128 private _tallied;
    uint128 private _protocolCollected;
    uint128 private _stakersCollected;
    mapping(uint32 modelId => Ledger) private _ledgers;

    constructor(
        IOpenToken token_,
        IModelRegistry modelRegistry_,
        IRewardEscrow escrow_,
        IDatanetStaking staking_,
        address treasury_,
        uint16 protocolBps_,
        uint16 stakersBps_,
        uint16 modelBps_
    ) {
        uint256 sum = uint256(protocolBps_) + stakersBps_ + modelBps_;
        if (sum > WHOLE) revert InferencePayments_SharesTooHigh(sum, WHOLE);
        if (treasury_ == address(0)) revert InferencePayments_ZeroTreasury();
        token = token_;
        modelRegistry = modelRegistry_;
        escrow = escrow_;
        staking = staking_;
        treasury = treasury_;
        protocolBps = protocolBps_;
        stakersBps = stakersBps_;
        modelBps = modelBps_;
        _contributorsBps = WHOLE - sum;
    }

    /// @inheritdoc IInferencePayments
    function tally(uint32[] calldata modelIds) external returns (uint128 amount) {
        for (uint256 i = 0; i < modelIds.length; ++i) {
            amount += _tally(modelIds[i]);
        }
    }

    /// @inheritdoc IInferencePayments
    function passLineage(uint32 modelId) external returns (uint128 amount) {
        return _requireOwed(_passLineage(modelId));
    }

    /// @inheritdoc IInferencePayments
    function collectContributors(uint32 modelId) external returns (uint128 amount) {
        // Check
        (amount, ) = owed(modelId);
        _requireOwed(amount);

        // Effect
        _tally(modelId);
        _ledgers[modelId].contributorsCollected += amount;
        emit ContributorsCollected(modelId, amount);

        // Interaction
        token.forceApprove(address(escrow), amount);
        escrow.fund(MODEL_POOL | modelId, amount);
    }

    /// @inheritdoc IInferencePayments
    function collectOwner(uint32 modelId) external returns (uint128 amount) {
        // Check
        (, amount) = owed(modelId);
        _requireOwed(amount);
        address owner = modelRegistry.ownerOf(modelId);

        // Effect
        _tally(modelId);
        _passLineage(modelId);
        _ledgers[modelId].ownerCollected += amount;
        emit OwnerCollected(modelId, owner, amount);

        // Interaction
        token.safeTransfer(owner, amount);
    }

    /// @inheritdoc IInferencePayments
    function collectProtocol() external returns (uint128 amount) {
        amount = _requireOwed(owedProtocol());
        _protocolCollected += amount;
        emit ProtocolCollected(amount);

        token.safeTransfer(treasury, amount);
    }

    /// @inheritdoc IInferencePayments
    function collectStakers() external returns (uint128 amount) {
        amount = _requireOwed(owedStakers());
        _stakersCollected += amount;
        emit StakersCollected(amount);

        token.forceApprove(address(staking), amount);
        staking.notifyReward(amount);
    }

    /// @inheritdoc IInferencePayments
    function revenueOf(uint32 modelId) public view returns (uint128) {
        return _ledgers[modelId].revenue;
    }

    /// @inheritdoc IInferencePayments
    function protocolFeesOf(uint32 modelId) external view returns (uint128) {
        return _part(_ledgers[modelId].revenue, protocolBps);
    }

    /// @inheritdoc IInferencePayments
    function owedLineage(uint32 modelId) external view returns (uint128 amount) {
        (, amount) = _lineage(modelId);
    }

    /// @inheritdoc IInferencePayments
    function owed(uint32 modelId) public view returns (uint128 contributors, uint128 owner) {
        Ledger storage ledger = _ledgers[modelId];
        (, uint16 lineageBps) = modelRegistry.lineageOf(modelId);
        contributors = _part(ledger.revenue, _contributorsBps) - ledger.contributorsCollected;
        uint128 earned = _ownerPart(ledger);
        owner = earned - _part(earned, lineageBps) - ledger.ownerCollected;
    }

    /// @inheritdoc IInferencePayments
    function owedProtocol() public view returns (uint128) {
        return _part(_tallied, protocolBps) - _protocolCollected;
    }

    /// @inheritdoc IInferencePayments
    function owedStakers() public view returns (uint128) {
        return _part(_tallied, stakersBps) - _stakersCollected;
    }

    function _addRevenue(uint32 modelId, uint128 amount) internal {
        _ledgers[modelId].revenue += amount;
    }

    function _tally(uint32 modelId) private returns (uint128 amount) {
        Ledger storage ledger = _ledgers[modelId];
        uint128 revenue = ledger.revenue;
        amount = revenue - ledger.tallied;
        if (amount == 0) return 0;
        ledger.tallied = revenue;
        uint128 total = _tallied + amount;
        _tallied = total;
        emit Tallied(amount, total);
    }

    function _passLineage(uint32 modelId) private returns (uint128 amount) {
        uint32 baseModelId;
        (baseModelId, amount) = _lineage(modelId);
        if (amount == 0) return 0;
        _ledgers[modelId].lineagePassed += amount;
        _ledgers[baseModelId].lineageReceived += amount;
        emit LineagePassed(modelId, baseModelId, amount);
    }

    function _lineage(uint32 modelId) private view returns (uint32 baseModelId, uint128 amount) {
        uint16 lineageBps;
        (baseModelId, lineageBps) = modelRegistry.lineageOf(modelId);
        Ledger storage ledger = _ledgers[modelId];
        amount = _part(_ownerPart(ledger), lineageBps) - ledger.lineagePassed;
    }

    function _ownerPart(Ledger storage ledger) private view returns (uint128) {
        return _part(ledger.revenue, modelBps) + ledger.lineageReceived;
    }

    function _part(uint128 total, uint256 bps) private pure returns (uint128) {
        return uint128((uint256(total) * bps) / WHOLE);
    }

    function _requireOwed(uint128 amount) private pure returns (uint128) {
        if (amount == 0) revert InferencePayments_NothingOwed();
        return amount;
    }
}
