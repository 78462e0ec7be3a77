// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IEmissionController} from "../interfaces/IEmissionController.sol";
import {IInferencePayments} from "../interfaces/IInferencePayments.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";

/// @title EmissionController
/// @notice See {IEmissionController}.
/// @dev The escrow may spend without limit what this contract holds: it takes tokens only in `fund`, only from its
/// caller, and is as immutable as this contract. OPEN calls nobody, so no call made here can come back.
contract EmissionController is IEmissionController, AccessManaged {
    /// @dev One slot: what changes at every epoch.
    struct Schedule {
        uint128 budget;
        uint32 nextEpoch;
        uint32 epochsLeft;
        uint32 stepEpochs;
        uint16 decayBps;
    }

    /// @dev One slot.
    struct FeeCap {
        uint16 bps;
        uint128 floor;
    }

    using SafeERC20 for IOpenToken;

    uint256 private constant WHOLE = 10_000;
    uint64 private constant DATANET_POOL = 1 << 32;

    /// @inheritdoc IEmissionController
    uint256 public constant MAX_DATANETS = 256;
    /// @inheritdoc IEmissionController
    uint256 public constant MAX_PARENT_CREDITS = 128;

    /// @inheritdoc IEmissionController
    IOpenToken public immutable token;
    /// @inheritdoc IEmissionController
    IRewardEscrow public immutable escrow;
    /// @inheritdoc IEmissionController
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc IEmissionController
    IModelRegistry public immutable modelRegistry;
    /// @inheritdoc IEmissionController
    IInferencePayments public immutable payments;
    /// @inheritdoc IEmissionController
    uint128 public immutable maximumBudget;
    /// @inheritdoc IEmissionController
    uint64 public immutable epochLength;
    /// @inheritdoc IEmissionController
    uint64 public immutable startTime;

    /// @inheritdoc IEmissionController
    VestingWallet public vestingWallet;
    /// @inheritdoc IEmissionController
    IEmissionController public successor;
    /// @inheritdoc IEmissionController
    uint128 public totalAccrued;
    /// @inheritdoc IEmissionController
    mapping(uint32 datanetId => uint128) public accrued;
    /// @inheritdoc IEmissionController
    mapping(uint32 datanetId => uint128) public pendingFees;
    /// @inheritdoc IEmissionController
    mapping(uint32 modelId => uint128) public reportedFees;

    Schedule private _schedule;
    FeeCap private _feeCap;
    uint32[] private _datanetIds;
    uint16[] private _bps;

    constructor(
        IOpenToken token_,
        IRewardEscrow escrow_,
        IDatanetRegistry datanets_,
        IModelRegistry models_,
        IInferencePayments payments_,
        address authority_,
        Curve memory curve_,
        uint64 epochLength_,
        uint64 startTime_
    ) AccessManaged(authority_) {
        if (epochLength_ == 0) revert EmissionController_ZeroEpochLength();
        token = token_;
        escrow = escrow_;
        datanetRegistry = datanets_;
        modelRegistry = models_;
        payments = payments_;
        maximumBudget = curve_.initialBudget;
        epochLength = epochLength_;
        startTime = startTime_;
        _setCurve(curve_);
        token_.approve(address(escrow_), type(uint256).max);
    }

    /// @inheritdoc IEmissionController
    function setWeights(uint32[] calldata datanetIds, uint16[] calldata bps) external restricted {
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
        if (count != 0 && sum != WHOLE) revert EmissionController_WeightsNotWhole(sum, WHOLE);
        uint32 created = datanetRegistry.datanetCount();
        if (previous > created) revert EmissionController_UnknownDatanet(previous, created);

        // Effect
        _datanetIds = datanetIds;
        _bps = bps;
        emit WeightsSet(datanetIds, bps);
    }

    /// @inheritdoc IEmissionController
    function setCurve(Curve calldata newCurve) external restricted {
        if (newCurve.initialBudget > maximumBudget) {
            revert EmissionController_BudgetTooHigh(newCurve.initialBudget, maximumBudget);
        }
        _setCurve(newCurve);
    }

    /// @inheritdoc IEmissionController
    function setFeeCap(uint16 capBps, uint128 floor) external restricted {
        if (capBps > WHOLE) revert EmissionController_CapTooHigh(capBps, WHOLE);
        _feeCap = FeeCap({bps: capBps, floor: floor});
        emit FeeCapSet(capBps, floor);
    }

    /// @inheritdoc IEmissionController
    function setVestingWallet(VestingWallet wallet) external restricted {
        // Check
        if (address(vestingWallet) != address(0)) {
            revert EmissionController_WalletAlreadySet(address(vestingWallet));
        }
        address beneficiary = wallet.owner();
        if (beneficiary != address(this)) {
            revert EmissionController_NotBeneficiary(address(wallet), beneficiary);
        }

        // Effect
        vestingWallet = wallet;
        emit VestingWalletSet(address(wallet));
    }

    /// @inheritdoc IEmissionController
    function handOver(IEmissionController successor_) external restricted {
        // Check
        if (
            successor_ == this ||
            address(successor_).code.length == 0 ||
            successor_.token() != token ||
            successor_.escrow() != escrow
        ) revert EmissionController_WrongSuccessor(address(successor_));

        // Effect
        successor = successor_;

        // Interaction: what has vested so far comes first, the amount depends on it.
        uint256 amount = _pullVested();
        VestingWallet wallet = vestingWallet;
        if (address(wallet) != address(0) && wallet.owner() == address(this)) {
            wallet.transferOwnership(address(successor_));
        }
        token.safeTransfer(address(successor_), amount);
        emit HandedOver(address(successor_), amount);
    }

    /// @inheritdoc IEmissionController
    function fundEpoch() external returns (uint32 emissionEpoch) {
        // Check
        if (address(successor) != address(0)) {
            revert EmissionController_HandedOver(address(successor));
        }
        Schedule memory schedule = _schedule;
        emissionEpoch = schedule.nextEpoch;
        uint256 opensAt = startTime + uint256(emissionEpoch) * epochLength;
        if (block.timestamp < opensAt) revert EmissionController_TooEarly(block.timestamp, opensAt);
        if (_datanetIds.length == 0) revert EmissionController_NoWeights();

        // Effect
        _advance(schedule);

        // Interaction: what has vested comes first, the amount depends on it.
        uint256 amount = schedule.budget;
        if (amount != 0) {
            uint256 available = _pullVested();
            if (available == 0) revert EmissionController_NothingVested(emissionEpoch);
            if (amount > available) amount = available;
        }
        emit EpochFunded(emissionEpoch, _emit(amount));
    }

    /// @inheritdoc IEmissionController
    function fundAccrued(uint32 datanetId) external {
        // Check
        uint128 amount = accrued[datanetId];
        if (amount == 0) revert EmissionController_NothingAccrued(datanetId);

        // Effect
        accrued[datanetId] = 0;
        emit AccruedFunded(datanetId, amount);
        (uint32[] memory parents, uint16[] memory bps) = datanetRegistry.parentsOf(datanetId);
        uint128 own = amount - _creditParents(datanetId, amount, parents, bps);
        totalAccrued -= own;

        // Interaction
        _fundPool(datanetId, own);
    }

    /// @inheritdoc IEmissionController
    function reportFees(uint32 modelId) external {
        // Check
        uint128 paid = payments.protocolFeesOf(modelId);
        uint128 growth = paid - reportedFees[modelId];
        if (growth == 0) return;

        // Effect
        uint32 datanetId = modelRegistry.datanetOf(modelId);
        reportedFees[modelId] = paid;
        pendingFees[datanetId] += growth;
        emit FeesReported(modelId, datanetId, growth);
    }

    /// @inheritdoc IEmissionController
    function weights() external view returns (uint32[] memory datanetIds, uint16[] memory bps) {
        return (_datanetIds, _bps);
    }

    /// @inheritdoc IEmissionController
    function curve() external view returns (Curve memory current, uint32 epochsLeft) {
        Schedule memory schedule = _schedule;
        current = Curve({
            initialBudget: schedule.budget,
            decayBps: schedule.decayBps,
            stepEpochs: schedule.stepEpochs
        });
        epochsLeft = schedule.epochsLeft;
    }

    /// @inheritdoc IEmissionController
    function budget() external view returns (uint128) {
        return _schedule.budget;
    }

    /// @inheritdoc IEmissionController
    function nextEpoch() external view returns (uint32) {
        return _schedule.nextEpoch;
    }

    /// @inheritdoc IEmissionController
    function feeCapBps() external view returns (uint16) {
        return _feeCap.bps;
    }

    /// @inheritdoc IEmissionController
    function floorPerDatanet() external view returns (uint128) {
        return _feeCap.floor;
    }

    function _setCurve(Curve memory newCurve) private {
        // Check
        if (newCurve.decayBps > WHOLE || newCurve.stepEpochs == 0) {
            revert EmissionController_BadCurve(newCurve.decayBps, newCurve.stepEpochs);
        }

        // Effect
        uint32 from = _schedule.nextEpoch;
        _schedule = Schedule({
            budget: newCurve.initialBudget,
            nextEpoch: from,
            epochsLeft: newCurve.stepEpochs,
            stepEpochs: newCurve.stepEpochs,
            decayBps: newCurve.decayBps
        });
        emit CurveSet(from, newCurve.initialBudget, newCurve.decayBps, newCurve.stepEpochs);
    }

    /// @dev `schedule` is the stored one, and stays as it is.
    function _advance(Schedule memory schedule) private {
        uint128 next = schedule.budget;
        uint32 left = schedule.epochsLeft - 1;
        if (left == 0) {
            left = schedule.stepEpochs;
            next = uint128((uint256(next) * schedule.decayBps) / WHOLE);
        }
        _schedule.budget = next;
        _schedule.epochsLeft = left;
        _schedule.nextEpoch = schedule.nextEpoch + 1;
    }

    /// @return available What may be emitted: the balance without what parents were credited.
    function _pullVested() private returns (uint256 available) {
        VestingWallet wallet = vestingWallet;
        if (address(wallet) != address(0)) wallet.release(address(token));
        return token.balanceOf(address(this)) - totalAccrued;
    }

    /// @return emitted What went to pools and parents, out of `amount`.
    function _emit(uint256 amount) private returns (uint128 emitted) {
        uint32[] memory ids = _datanetIds;
        uint16[] memory bps = _bps;
        FeeCap memory cap = _feeCap;
        uint256 running = 0;
        uint256 before = 0;
        uint128 credited = 0;
        uint256 credits = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            running += bps[i];
            uint256 upTo = (amount * running) / WHOLE;
            uint128 share = _capped(ids[i], uint128(upTo - before), cap);
            before = upTo;
            if (share == 0) continue;
            emitted += share;
            if (credits >= MAX_PARENT_CREDITS) {
                credited += _credit(ids[i], ids[i], share);
                continue;
            }
            (uint32[] memory parents, uint16[] memory parentBps) = datanetRegistry.parentsOf(ids[i]);
            credits += parents.length;
            uint128 toParents = _creditParents(ids[i], share, parents, parentBps);
            credited += toParents;
            _fundPool(ids[i], share - toParents);
        }
        if (credited != 0) totalAccrued += credited;
    }

    /// @dev Fees count once. A share that is the lower of the two uses up what it needed of them, rounded up; the rest waits.
    function _capped(uint32 datanetId, uint128 share, FeeCap memory cap) private returns (uint128) {
        if (cap.bps == 0 && cap.floor == 0) return share;
        if (share <= cap.floor) return share;
        uint256 fees = pendingFees[datanetId];
        uint256 extra = (fees * cap.bps) / WHOLE;
        uint256 wanted = share - cap.floor;
        if (extra == 0) return cap.floor;
        if (extra <= wanted) {
            pendingFees[datanetId] = 0;
            return cap.floor + uint128(extra);
        }
        pendingFees[datanetId] = uint128(fees - Math.ceilDiv(wanted * WHOLE, cap.bps));
        return share;
    }

    /// @return credited The parents' parts, each rounded down; the rest is the Datanet's own.
    function _creditParents(
        uint32 datanetId,
        uint128 amount,
        uint32[] memory parents,
        uint16[] memory bps
    ) private returns (uint128 credited) {
        for (uint256 i = 0; i < parents.length; ++i) {
            credited += _credit(parents[i], datanetId, uint128((uint256(amount) * bps[i]) / WHOLE));
        }
    }

    function _credit(uint32 datanetId, uint32 from, uint128 amount) private returns (uint128) {
        if (amount == 0) return 0;
        accrued[datanetId] += amount;
        emit Accrued(datanetId, from, amount);
        return amount;
    }

    function _fundPool(uint32 datanetId, uint128 amount) private {
        // Never nothing, which the escrow would refuse: parents get at most half of what is not zero.
        escrow.fund(DATANET_POOL | datanetId, amount);
    }
}
