// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {IDatanetRegistry} from "./IDatanetRegistry.sol";
import {IInferencePayments} from "./IInferencePayments.sol";
import {IModelRegistry} from "./IModelRegistry.sol";
import {IOpenToken} from "./IOpenToken.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";

/// @title IEmissionController
/// @notice Pays the community allocation into the Datanets' pools, one emission epoch at a time: a budget that decays,
/// split by weight, capped by the fees that a Datanet's models paid to the protocol, and shared with its parents.
/// @dev Assumptions: governance sets fair weights; the vesting wallet is OpenZeppelin's; the registries and the
/// payments are the protocol's own. Safety: tokens leave only into the escrow's pools; an epoch pays once, not before
/// it begins, never more than its budget and never more than is there; no budget is above the first one. What an
/// epoch does not pay stays here for later ones; the only other exit is `handOver`. Liveness: anyone may fund an epoch, pass on
/// what a parent was credited, and report fees.
///
/// Late epochs: each call pays one epoch, in order, under the weights, the curve and the cap in force at the call.
/// Without weights (none set yet, or set to nothing as a pause) no epoch is used up: they can be paid afterwards.
/// The same while nothing at all has vested. An epoch that finds less than its budget pays what is there, and what
/// it missed is not added to later budgets: let epoch 0 begin one epoch after the vesting.
///
/// Succession: governance may move what is not allocated yet, the vesting to come included, to a successor of the same
/// token and escrow. Nothing here can check what that contract does with it: through the timelock, so that everybody
/// sees it coming, governance can do with unallocated funds whatever it writes into a successor. It cannot touch what
/// pools were funded or what Datanets were credited: `fundAccrued` goes on here.
///
/// Usage farming: with the cap on, fees that a farmer pays to itself raise its Datanet's emission (its own part and
/// its parents' together) by at most `capBps` of the protocol's part of those fees, which it never gets back, and
/// each wei of fees counts once; those that an epoch's share did not need wait for the next. The floor is free of usage: it is what governance gives by naming the Datanet.
interface IEmissionController {
    /// @notice How the budget falls: `initialBudget * (decayBps / 10,000)^(epochs / stepEpochs)`, rounded down at
    /// each step, so that it ends at zero.
    /// @param initialBudget Wei of the first epoch.
    /// @param decayBps What a step leaves of the budget, in parts of 10,000; 10,000 is a constant budget.
    /// @param stepEpochs How many epochs have the same budget, from 1.
    struct Curve {
        uint128 initialBudget;
        uint16 decayBps;
        uint32 stepEpochs;
    }

    /// @notice The split of the next epochs: parts of 10,000 per Datanet; empty is a pause.
    event WeightsSet(uint32[] datanetIds, uint16[] bps);
    /// @notice The budgets from that epoch on.
    event CurveSet(uint32 indexed emissionEpoch, uint128 initialBudget, uint16 decayBps, uint32 stepEpochs);
    /// @notice The cap of a Datanet's emission per epoch: a floor in wei, and parts of 10,000 of its protocol fees.
    event FeeCapSet(uint16 capBps, uint128 floorPerDatanet);
    /// @notice Where the tokens vest, for ever.
    event VestingWalletSet(address indexed wallet);
    /// @notice The vesting and `amount` wei that no epoch had paid went to a successor.
    event HandedOver(address indexed successor, uint256 amount);
    /// @notice An emission epoch was paid: `amount` wei into pools and to parents' credit.
    event EpochFunded(uint32 indexed emissionEpoch, uint128 amount);
    /// @notice Protocol fees of a model began to count for its Datanet, in wei.
    event FeesReported(uint32 indexed modelId, uint32 indexed datanetId, uint128 amount);
    /// @notice A Datanet was credited `amount` wei out of the emission of `fromDatanetId`, its child. Where both are
    /// the same, its whole emission waits here to be shared out by `fundAccrued`.
    event Accrued(uint32 indexed datanetId, uint32 indexed fromDatanetId, uint128 amount);
    /// @notice A Datanet's credit of `amount` wei was passed on to its pool and to its own parents.
    event AccruedFunded(uint32 indexed datanetId, uint128 amount);

    /// @notice Thrown when there is not one weight per Datanet.
    error EmissionController_LengthMismatch(uint256 datanetIds, uint256 bps);
    /// @notice Thrown when there are more Datanets than one call can pay.
    error EmissionController_TooManyDatanets(uint256 count, uint256 maximum);
    /// @notice Thrown when Datanet ids do not rise strictly.
    error EmissionController_NotAscending(uint32 previous, uint32 next);
    /// @notice Thrown when a weight names a Datanet that was never created; the last one is `datanetCount`.
    error EmissionController_UnknownDatanet(uint32 datanetId, uint32 datanetCount);
    /// @notice Thrown when the weights do not sum to 10,000.
    error EmissionController_WeightsNotWhole(uint256 got, uint256 expected);
    /// @notice Thrown when an epoch is funded while there are no weights.
    error EmissionController_NoWeights();
    /// @notice Thrown when an epoch with a budget finds no token at all.
    error EmissionController_NothingVested(uint32 emissionEpoch);
    /// @notice Thrown when the next epoch has not begun; times are in seconds since 1970.
    error EmissionController_TooEarly(uint256 timestamp, uint256 opensAt);
    /// @notice Thrown when epochs would have no length.
    error EmissionController_ZeroEpochLength();
    /// @notice Thrown when a curve grows, or its steps have no length.
    error EmissionController_BadCurve(uint16 decayBps, uint32 stepEpochs);
    /// @notice Thrown when a budget is above the one that the controller was made with.
    error EmissionController_BudgetTooHigh(uint128 budget, uint128 maximum);
    /// @notice Thrown when more than the whole of the fees would come back as emission.
    error EmissionController_CapTooHigh(uint256 capBps, uint256 maximum);
    /// @notice Thrown when the vesting wallet was already set.
    error EmissionController_WalletAlreadySet(address wallet);
    /// @notice Thrown when the wallet does not pay the controller, but `beneficiary`.
    error EmissionController_NotBeneficiary(address wallet, address beneficiary);
    /// @notice Thrown when the successor is this controller, no contract, or one of another token or escrow.
    error EmissionController_WrongSuccessor(address successor);
    /// @notice Thrown when an epoch is funded after the emission was handed over.
    error EmissionController_HandedOver(address successor);
    /// @notice Thrown when a Datanet has no credit to pass on.
    error EmissionController_NothingAccrued(uint32 datanetId);

    /// @notice Sets how the next epochs are split. Restricted.
    /// @param datanetIds Strictly ascending, all created. Empty pauses the emission.
    /// @param bps Parts of 10,000, summing to 10,000; zero pauses one Datanet.
    function setWeights(uint32[] calldata datanetIds, uint16[] calldata bps) external;

    /// @notice Replaces the budgets from the next epoch to be funded on. Restricted.
    /// @param curve Its initial budget is at most `maximumBudget`.
    function setCurve(Curve calldata curve) external;

    /// @notice Caps what a Datanet gets in an epoch at `floorPerDatanet + pendingFees * capBps / 10,000`. Both zero
    /// switch the cap off; fees then wait. Restricted.
    function setFeeCap(uint16 capBps, uint128 floorPerDatanet) external;

    /// @notice Names the wallet out of which the tokens vest. Restricted, once.
    function setVestingWallet(VestingWallet wallet) external;

    /// @notice Moves the vesting wallet and the unallocated balance to a successor, for ever: `fundEpoch` reverts from then
    /// on. What Datanets were credited stays for `fundAccrued`. Again, it moves what came in since. Restricted.
    /// @param successor Of the same token and escrow. It names the wallet as its own by `setVestingWallet`.
    function handOver(IEmissionController successor) external;

    /// @notice Pays the next emission epoch into the pools `(1 << 32) | datanetId` and credits parents.
    /// @dev A Datanet's share is the difference of two floors of its running weight, so that shares sum to what is
    /// emitted. After `MAX_PARENT_CREDITS` credits to parents each further Datanet is credited as a whole, for
    /// `fundAccrued` to share out: owners cannot make the call too expensive by naming parents.
    /// @return emissionEpoch The epoch that was paid, from 0.
    function fundEpoch() external returns (uint32 emissionEpoch);

    /// @notice Passes on what a Datanet was credited: its parents' parts to their credit, the rest to its pool.
    function fundAccrued(uint32 datanetId) external;

    /// @notice Counts what a model paid to the protocol since the last report for its Datanet's cap; does nothing if
    /// that is nothing.
    function reportFees(uint32 modelId) external;

    /// @notice The most Datanets that weights can name.
    function MAX_DATANETS() external view returns (uint256);

    /// @notice After how many credits to parents one `fundEpoch` leaves the rest of them to `fundAccrued`.
    function MAX_PARENT_CREDITS() external view returns (uint256);

    /// @notice The weights in force.
    function weights() external view returns (uint32[] memory datanetIds, uint16[] memory bps);

    /// @notice The rest of the curve: the next epoch's budget in wei, its decay and step, and how many epochs,
    /// the next one included, still have this budget.
    function curve() external view returns (Curve memory current, uint32 epochsLeft);

    /// @notice What the next epoch may pay at most, in wei.
    function budget() external view returns (uint128);

    /// @notice The budget of the first epoch, in wei; no later one may be higher.
    function maximumBudget() external view returns (uint128);

    /// @notice Parts of 10,000 of the protocol fees that a Datanet may get as emission; see `setFeeCap`.
    function feeCapBps() external view returns (uint16);

    /// @notice What a Datanet may get per epoch without any fee, in wei; see `setFeeCap`.
    function floorPerDatanet() external view returns (uint128);

    /// @notice Protocol fees that can count in a Datanet's next capped epochs, in wei.
    function pendingFees(uint32 datanetId) external view returns (uint128);

    /// @notice Protocol fees of a model that were ever reported, in wei.
    function reportedFees(uint32 modelId) external view returns (uint128);

    /// @notice A Datanet's credit, in wei.
    function accrued(uint32 datanetId) external view returns (uint128);

    /// @notice All credits, in wei: the part of the balance that is no longer for emission.
    function totalAccrued() external view returns (uint128);

    /// @notice The epoch that `fundEpoch` pays next, from 0.
    function nextEpoch() external view returns (uint32);

    /// @notice How long an epoch is, in seconds.
    function epochLength() external view returns (uint64);

    /// @notice When epoch 0 begins, in seconds since 1970.
    function startTime() external view returns (uint64);

    /// @notice The controller that emits instead of this one, zero until the emission is handed over.
    function successor() external view returns (IEmissionController);

    /// @notice Where the tokens vest, zero until set.
    function vestingWallet() external view returns (VestingWallet);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Where emissions go.
    function escrow() external view returns (IRewardEscrow);

    /// @notice Where Datanets name their parents.
    function datanetRegistry() external view returns (IDatanetRegistry);

    /// @notice Where models name their Datanet.
    function modelRegistry() external view returns (IModelRegistry);

    /// @notice Where models earn fees.
    function payments() external view returns (IInferencePayments);
}
