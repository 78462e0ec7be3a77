// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IArbitrable} from "../interfaces/IArbitrable.sol";
import {IArbitrator} from "../interfaces/IArbitrator.sol";
import {IDatanetStaking} from "../interfaces/IDatanetStaking.sol";
import {IDisputeCourt} from "../interfaces/IDisputeCourt.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {AppealFunding} from "./AppealFunding.sol";

/// @title DisputeCourt
/// @notice See {IDisputeCourt}.
contract DisputeCourt is IDisputeCourt, AppealFunding, AccessManaged {
    using SafeERC20 for IOpenToken;

    /// @inheritdoc IDisputeCourt
    uint64 public constant SETTLING_TIME = 7 days;

    /// @inheritdoc IDisputeCourt
    IOpenToken public immutable token;
    /// @inheritdoc IDisputeCourt
    IDatanetStaking public immutable staking;

    /// @inheritdoc IDisputeCourt
    IArbitrator public arbitrator;
    /// @inheritdoc IDisputeCourt
    uint256 public disputeCount;
    /// @inheritdoc IDisputeCourt
    mapping(address account => uint128) public creditOf;
    /// @inheritdoc IDisputeCourt
    mapping(uint256 epoch => uint128) public slashedIn;
    /// @inheritdoc IDisputeCourt
    mapping(uint256 epoch => mapping(address accused => uint256)) public dismissedIn;

    Parameters private _parameters;
    mapping(uint256 disputeId => Dispute) private _disputes;
    mapping(IArbitrator => mapping(uint256 arbitratorDisputeId => uint256 disputeId)) private _disputeIds;

    constructor(
        IOpenToken token_,
        IDatanetStaking staking_,
        IArbitrator arbitrator_,
        address authority,
        Parameters memory parameters_
    ) AccessManaged(authority) {
        Parameters memory p = parameters_;
        if (p.bond == 0 || p.appealStake == 0 || p.maxSlash == 0) revert DisputeCourt_ZeroParameter();
        if (p.epochLength == 0 || p.answerPeriod == 0 || p.appealPeriod == 0 || p.patience == 0) {
            revert DisputeCourt_ZeroParameter();
        }
        if (p.maxSlash > p.epochCap) revert DisputeCourt_SlashOverCap(p.maxSlash, p.epochCap);
        _requireHoldable(staking_, p);
        token = token_;
        staking = staking_;
        _parameters = p;
        _setArbitrator(arbitrator_);
    }

    /// @inheritdoc IDisputeCourt
    function open(
        uint32 datanetId,
        address accused,
        bytes32 evidenceDigest
    ) external returns (uint256 disputeId) {
        // Check
        if (accused == address(0)) revert DisputeCourt_ZeroAccused();
        uint128 bond = bondFor(accused);
        uint128 fee = arbitrator.arbitrationCost();

        // Effect
        disputeId = ++disputeCount;
        Dispute storage dispute = _disputes[disputeId];
        (dispute.challenger, dispute.datanetId, dispute.accused) = (msg.sender, datanetId, accused);
        (dispute.arbitrator, dispute.evidenceDigest) = (arbitrator, evidenceDigest);
        (dispute.bond, dispute.fee) = (bond, fee);
        _enter(dispute, State.Answering, _parameters.answerPeriod);
        emit DisputeOpened(disputeId, datanetId, accused, msg.sender, evidenceDigest, bond, fee);

        // Interaction
        _hold(disputeId, dispute, dispute.deadline);
        token.safeTransferFrom(msg.sender, address(this), bond + fee);
    }

    /// @inheritdoc IDisputeCourt
    function answer(uint256 disputeId, bytes32 answerDigest) external {
        // Check
        Dispute storage dispute = _inState(disputeId, State.Answering);
        uint64 deadline = dispute.deadline;
        _requireBefore(deadline);
        uint64 forAll = deadline - _parameters.answerPeriod / 2;
        if (msg.sender != dispute.accused && block.timestamp < forAll) {
            revert DisputeCourt_AccusedFirst(msg.sender, forAll);
        }

        // Effect: an answered dispute need not wait.
        (dispute.defender, dispute.answerDigest) = (msg.sender, answerDigest);
        _enter(dispute, State.Answering, 0);
        emit DisputeAnswered(disputeId, msg.sender, answerDigest);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), dispute.bond);
    }

    /// @inheritdoc IDisputeCourt
    function escalate(uint256 disputeId) external {
        // Check
        Dispute storage dispute = _inState(disputeId, State.Answering);
        _requireFrom(dispute.deadline);
        IArbitrator chosen = dispute.arbitrator;
        (uint128 cost, uint128 fee) = (chosen.arbitrationCost(), dispute.fee);

        // Effect
        dispute.fee = 0;
        if (cost < fee) creditOf[dispute.challenger] += fee - cost;
        _enter(dispute, State.Arbitrating, _parameters.patience);

        // Interaction: its answer is the only name under which the arbitrator can rule.
        _hold(disputeId, dispute, dispute.deadline);
        if (cost > fee) token.safeTransferFrom(msg.sender, address(this), cost - fee);
        token.forceApprove(address(chosen), cost);
        uint256 id = chosen.createDispute(dispute.evidenceDigest, dispute.answerDigest);
        dispute.arbitratorDisputeId = id;
        _disputeIds[chosen][id] = disputeId;
        emit DisputeEscalated(disputeId, chosen, id, cost);
    }

    /// @inheritdoc IArbitrable
    function rule(uint256 arbitratorDisputeId, Ruling ruling) external {
        // Check
        uint256 disputeId = _disputeIds[IArbitrator(msg.sender)][arbitratorDisputeId];
        if (disputeId == 0) revert DisputeCourt_NotArbitrator(msg.sender, arbitratorDisputeId);
        Dispute storage dispute = _inState(disputeId, State.Arbitrating);
        uint8 appeals = dispute.appeals;

        // Effect
        (dispute.ruling, dispute.ruledAt) = (ruling, uint64(block.timestamp));
        _enter(dispute, State.Appealable, 0);
        if (appeals < _parameters.maxAppeals) _openFunding(disputeId, dispute, appeals);
        _hold(disputeId, dispute, dispute.deadline);
        emit DisputeRuled(disputeId, appeals, ruling, dispute.deadline);
    }

    /// @inheritdoc IDisputeCourt
    function fundAppeal(uint256 disputeId, Ruling side, uint128 amount) external returns (uint128 paid) {
        // Check
        Dispute storage dispute = _inState(disputeId, State.Appealable);
        if (side == Ruling.Refused) revert DisputeCourt_NoSide(side);
        (Ruling ruling, uint8 appeal) = (dispute.ruling, dispute.appeals);
        bool favoured = side == ruling || ruling == Ruling.Refused;
        _requireBefore(favoured ? dispute.deadline : (dispute.ruledAt + dispute.deadline) / 2);

        // Effect
        paid = _contribute(disputeId, appeal, side, ruling, amount);
        bool made = _isFunded(_rounds[disputeId][appeal], ruling);
        if (made) {
            dispute.appeals = appeal + 1;
            _enter(dispute, State.Arbitrating, _parameters.patience);
        }

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), paid);
        if (made) {
            _hold(disputeId, dispute, dispute.deadline);
            _appeal(disputeId, dispute, appeal);
        }
    }

    /// @inheritdoc IDisputeCourt
    function resolve(uint256 disputeId) external {
        Dispute storage dispute = _inState(disputeId, State.Appealable);
        _requireFrom(dispute.deadline);
        _resolve(disputeId, dispute);
    }

    /// @inheritdoc IDisputeCourt
    function expire(uint256 disputeId) external {
        Dispute storage dispute = _disputes[disputeId];
        uint64 deadline = dispute.deadline;
        if (dispute.state == State.Answering) {
            deadline += _parameters.patience;
        } else {
            _inState(disputeId, State.Arbitrating);
        }
        _requireFrom(deadline);
        creditOf[dispute.challenger] += dispute.fee;
        dispute.fee = 0;
        _resolve(disputeId, dispute);
    }

    /// @inheritdoc IDisputeCourt
    function executeSlash(uint256 disputeId) external returns (uint128 slashed) {
        // Check
        Dispute storage dispute = _disputes[disputeId];
        uint256 epoch = currentEpoch();
        (uint128 due, uint128 left) = (dispute.slashDue, _parameters.epochCap - slashedIn[epoch]);
        uint128 asked = due < left ? due : left;
        if (asked == 0) revert DisputeCourt_NothingToSlash(disputeId, due);

        // Effect
        dispute.slashDue = due - asked;
        slashedIn[epoch] += asked;

        // Interaction: only its answer says what the accused had.
        slashed = staking.slash(dispute.accused, dispute.datanetId, asked, dispute.challenger);
        if (slashed < asked) {
            dispute.slashDue = 0;
            slashedIn[epoch] -= asked - slashed;
        } else if (asked < due) {
            _holdForSlash(disputeId, dispute);
        }
        emit StakeSlashed(disputeId, dispute.accused, asked, slashed);
    }

    /// @inheritdoc IDisputeCourt
    function claimContribution(
        uint256 disputeId,
        uint8 appeal,
        Ruling side,
        address contributor
    ) external returns (uint128 amount) {
        Dispute storage dispute = _inState(disputeId, State.Resolved);
        bool made = appeal < dispute.appeals;
        amount = _settle(disputeId, appeal, side, contributor, made, dispute.ruling);
        creditOf[contributor] += amount;
    }

    /// @inheritdoc IDisputeCourt
    function collect() external returns (uint128 amount) {
        // Check
        amount = creditOf[msg.sender];
        if (amount == 0) revert DisputeCourt_NoCredit(msg.sender);

        // Effect
        creditOf[msg.sender] = 0;
        emit CreditCollected(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IDisputeCourt
    function setArbitrator(IArbitrator arbitrator_) external restricted {
        _setArbitrator(arbitrator_);
    }

    /// @inheritdoc IDisputeCourt
    function neededFor(uint256 disputeId, Ruling side) external view returns (uint128) {
        Dispute storage dispute = _disputes[disputeId];
        return _needed(_rounds[disputeId][dispute.appeals], side, dispute.ruling);
    }

    /// @inheritdoc IDisputeCourt
    function disputeOf(uint256 disputeId) external view returns (Dispute memory) {
        return _disputes[disputeId];
    }

    /// @inheritdoc IDisputeCourt
    function parameters() external view returns (Parameters memory) {
        return _parameters;
    }

    /// @inheritdoc IDisputeCourt
    function bondFor(address accused) public view returns (uint128 bond) {
        uint256 doublings = dismissedIn[currentEpoch()][accused];
        (uint128 least, uint128 most) = (_parameters.bond, _parameters.maxSlash / 2);
        // As often as there is room for; beyond 128 there is none.
        bond = least;
        while (doublings != 0 && bond <= most / 2) {
            bond *= 2;
            --doublings;
        }
    }

    /// @inheritdoc IDisputeCourt
    function currentEpoch() public view returns (uint256) {
        return block.timestamp / _parameters.epochLength;
    }

    /// @dev The cost is fixed for the window, so that contributors know what they pay for.
    function _openFunding(uint256 disputeId, Dispute storage dispute, uint8 appeal) private {
        (IArbitrator chosen, uint256 id) = (dispute.arbitrator, dispute.arbitratorDisputeId);
        (uint128 cost, uint128 stake) = (chosen.appealCost(id), _parameters.appealStake);
        Round storage round = _rounds[disputeId][appeal];
        (round.cost, round.stake) = (cost, cost > stake ? cost : stake);
        (uint64 end, uint64 last) = (dispute.ruledAt + _parameters.appealPeriod, chosen.appealDeadline(id));
        dispute.deadline = last < end ? last : end;
    }

    function _appeal(uint256 disputeId, Dispute storage dispute, uint8 appeal) private {
        (IArbitrator chosen, uint256 id) = (dispute.arbitrator, dispute.arbitratorDisputeId);
        Round storage round = _rounds[disputeId][appeal];
        uint128 cost = chosen.appealCost(id);
        if (cost > round.cost) revert DisputeCourt_AppealCostRose(cost, round.cost);
        round.cost = cost;
        uint128 burned = _burnedOf(round);
        if (burned != 0) token.burn(burned);
        token.forceApprove(address(chosen), cost);
        chosen.requestAppeal(id);
        emit DisputeAppealed(disputeId, appeal, cost, burned);
    }

    function _resolve(uint256 disputeId, Dispute storage dispute) private {
        // Effect
        (Ruling ruling, address defender, uint128 bond) = (dispute.ruling, dispute.defender, dispute.bond);
        dispute.state = State.Resolved;
        uint128 burned = 0;
        if (ruling == Ruling.Refused) {
            creditOf[dispute.challenger] += bond;
            if (defender != address(0)) creditOf[defender] += bond;
        } else if (ruling == Ruling.Upheld) {
            if (defender != address(0)) burned = bond / 2;
            creditOf[dispute.challenger] += defender == address(0) ? bond : 2 * bond - burned;
            dispute.slashDue = _parameters.maxSlash;
        } else {
            burned = bond / 2;
            if (defender == address(0)) creditOf[dispute.accused] += bond - burned;
            else creditOf[defender] += 2 * bond - burned;
            ++dismissedIn[currentEpoch()][dispute.accused];
        }
        emit DisputeResolved(disputeId, ruling, burned);

        // Interaction: a hold and a burn, which no party can refuse.
        if (ruling == Ruling.Upheld) _holdForSlash(disputeId, dispute);
        if (burned != 0) token.burn(burned);
    }

    /// @dev The cap may put the slash off to the next epoch.
    function _holdForSlash(uint256 disputeId, Dispute storage dispute) private {
        _hold(disputeId, dispute, uint64(block.timestamp) + _parameters.epochLength);
    }

    /// @dev Keeps the stake from leaving until somebody had time to go on after `deadline`. Who gives it too little gas
    /// cannot have it fail alone: what is left then does not even pay for the event.
    function _hold(uint256 disputeId, Dispute storage dispute, uint64 deadline) private {
        try staking.hold(dispute.accused, dispute.datanetId, deadline + SETTLING_TIME) {
            return;
        } catch {
            emit HoldRefused(disputeId);
        }
    }

    function _setArbitrator(IArbitrator arbitrator_) private {
        arbitrator = arbitrator_;
        emit ArbitratorSet(arbitrator_);
    }

    function _enter(Dispute storage dispute, State state, uint64 duration) private {
        (dispute.state, dispute.deadline) = (state, uint64(block.timestamp) + duration);
    }

    /// @dev No step may last longer than the staking contract holds stake.
    function _requireHoldable(IDatanetStaking staking_, Parameters memory p) private view {
        uint64 longest = p.answerPeriod > p.appealPeriod ? p.answerPeriod : p.appealPeriod;
        if (p.patience > longest) longest = p.patience;
        if (p.epochLength > longest) longest = p.epochLength;
        uint64 most = staking_.MAX_HOLD() - SETTLING_TIME;
        if (longest > most) revert DisputeCourt_StepTooLong(longest, most);
    }

    function _inState(uint256 disputeId, State state) private view returns (Dispute storage dispute) {
        dispute = _disputes[disputeId];
        if (dispute.state != state) revert DisputeCourt_WrongState(disputeId, dispute.state);
    }

    function _requireBefore(uint64 deadline) private view {
        if (block.timestamp >= deadline) revert DisputeCourt_TooLate(block.timestamp, deadline);
    }

    function _requireFrom(uint64 earliest) private view {
        if (block.timestamp < earliest) revert DisputeCourt_TooEarly(block.timestamp, earliest);
    }
}
