// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "./IArbitrable.sol";
import {IArbitrator} from "./IArbitrator.sol";
import {IDatanetStaking} from "./IDatanetStaking.sol";
import {IOpenToken} from "./IOpenToken.sol";

/// @title IDisputeCourt
/// @notice Bonded disputes about what no contract can see: a contributor's conduct in a Datanet. A challenger opens with a
/// bond, anyone may answer with an equal one, an arbitrator rules, and a crowd may pay for appeals. An upheld dispute
/// slashes the accused's stake.
///
/// States: `Answering` (until answered or too late to) -> `Arbitrating` (the arbitrator has it) -> `Appealable` (ruled, the
/// next round can be funded) -> `Arbitrating` again, or `Resolved`. What never moves on is resolved by `expire`.
///
/// Money: half of the losing bond is burned, the rest goes to the winner; with no ruling bonds go back. A completed appeal
/// round costs its two sides together the arbitrator's fee and half of the favoured side's stake, which is burned: who pays for
/// both sides to gain time pays for the time. What they paid above goes, in proportion, to the contributors
/// of the side that won in the end (to all if the arbitrator refused). An incomplete round is paid back in full.
/// What comes in is exactly what is burned, paid to arbitrators, credited or claimable: shares are taken from what is left,
/// so that no dust stays.
///
/// An appeal: the side that the ruling favours pays the cost and once the cost (or `appealStake`, if more) as stake, the other
/// side the cost and twice that stake, and only in the first half of the window, so that the favoured side always has time to
/// respond. Unless both are full the ruling stands. That the favoured side stays away cannot stop an appeal: anyone may fund
/// either side, and who funds both gets all but the cost and the burned half stake back. A refusal favours both sides.
/// A dispute keeps the accused's stake on the Datanet from leaving: each step, as it begins, holds it for as long as it can
/// last and `SETTLING_TIME` more, in which somebody must go on. A hold is not taken back: after a dispute that ended
/// early the stake is held until the last step's time would have ended. To accuse somebody in vain holds its stake, too,
/// and costs half of a bond. The staking contract bounds all holds together. An upheld slash is held for through the epoch
/// and anew after each part; if the cap is used up by others for longer, what leaves by then is waived.
/// @dev Assumptions: arbitrators are chosen by governance, rule within `patience` and pull exactly their cost; the court
/// may hold and slash; stake that left before a dispute was opened is out of reach. Safety: no step that resolves pays
/// a party, every payout is pulled; nothing leaves but by these rules; at most `epochCap` is slashed in an epoch, so that a
/// captured arbitrator can take no more before governance replaces it. Liveness: every step is open to anyone; a dead
/// arbitrator cannot keep bonds, and a staking contract that refuses to hold or slash cannot either: the dispute goes on.
interface IDisputeCourt is IArbitrable {
    enum State {
        None,
        Answering,
        Arbitrating,
        Appealable,
        Resolved
    }

    /// @notice Fixed for the court's life; amounts in wei, times in seconds.
    struct Parameters {
        /// @dev Of a dispute; doubled for every dispute against the same accused that was dismissed in the epoch, while it
        /// is at most half of `maxSlash`: who lets itself be accused in vain cannot make itself unaccusable.
        uint128 bond;
        /// @dev The least stake of an appeal's favoured side.
        uint128 appealStake;
        /// @dev The most that one dispute slashes.
        uint128 maxSlash;
        /// @dev The most that all disputes slash in an epoch.
        uint128 epochCap;
        uint64 epochLength;
        uint64 answerPeriod;
        uint64 appealPeriod;
        /// @dev How long a step of an arbitrator is waited for.
        uint64 patience;
        uint8 maxAppeals;
    }

    struct Dispute {
        address challenger;
        uint32 datanetId;
        State state;
        /// @dev The last ruling; `Refused` until there is one.
        Ruling ruling;
        /// @dev Appeals that were made.
        uint8 appeals;
        address accused;
        /// @dev Of the present state: for an answer, for a ruling, for funding an appeal.
        uint64 deadline;
        /// @dev Who answered, zero if nobody.
        address defender;
        /// @dev When the last ruling was given.
        uint64 ruledAt;
        IArbitrator arbitrator;
        /// @dev Of the arbitrator.
        uint256 arbitratorDisputeId;
        uint128 bond;
        /// @dev Held for the arbitrator until it has the dispute.
        uint128 fee;
        /// @dev What is still to be slashed.
        uint128 slashDue;
        bytes32 evidenceDigest;
        bytes32 answerDigest;
    }

    /// @notice The funding of one appeal; number 0 is the first.
    struct Round {
        /// @dev What the arbitrator asks, in wei.
        uint128 cost;
        uint128 stake;
        /// @dev What the two sides have paid, in wei.
        uint128 upheldPaid;
        uint128 dismissedPaid;
        /// @dev What was already claimed, and the contributions that claimed it.
        uint128 claimed;
        uint128 claimedWeight;
    }

    /// @notice A dispute was opened; ids start at 1.
    event DisputeOpened(
        uint256 indexed disputeId,
        uint32 indexed datanetId,
        address indexed accused,
        address challenger,
        bytes32 evidenceDigest,
        uint128 bond,
        uint128 fee
    );
    /// @notice Somebody put a bond behind the accused.
    event DisputeAnswered(uint256 indexed disputeId, address indexed defender, bytes32 answerDigest);
    /// @notice The arbitrator has the dispute.
    event DisputeEscalated(
        uint256 indexed disputeId,
        IArbitrator indexed arbitrator,
        uint256 arbitratorDisputeId,
        uint128 cost
    );
    /// @notice A round was ruled; an appeal can be funded until `appealDeadline`, in seconds since 1970.
    event DisputeRuled(uint256 indexed disputeId, uint8 round, Ruling ruling, uint64 appealDeadline);
    /// @notice Somebody paid towards an appeal.
    event AppealFunded(
        uint256 indexed disputeId,
        uint8 appeal,
        Ruling side,
        address indexed contributor,
        uint128 amount
    );
    /// @notice Both sides were funded and the arbitrator has the dispute again. It got `cost`, and `burned` was burned.
    event DisputeAppealed(uint256 indexed disputeId, uint8 appeal, uint128 cost, uint128 burned);
    /// @notice The last ruling stands.
    event DisputeResolved(uint256 indexed disputeId, Ruling ruling, uint128 burned);
    /// @notice The staking contract did not hold the accused's stake for the step that begins; the dispute goes on.
    event HoldRefused(uint256 indexed disputeId);
    /// @notice A part of the accused's stake was taken.
    event StakeSlashed(uint256 indexed disputeId, address indexed accused, uint128 asked, uint128 slashed);
    /// @notice A contribution to an appeal was settled.
    event ContributionClaimed(
        uint256 indexed disputeId,
        uint8 appeal,
        Ruling side,
        address indexed contributor,
        uint128 amount
    );
    /// @notice An account took its credit.
    event CreditCollected(address indexed account, uint128 amount);
    /// @notice Later disputes go to another arbitrator.
    event ArbitratorSet(IArbitrator indexed arbitrator);

    /// @notice Thrown when a parameter that must not be zero is.
    error DisputeCourt_ZeroParameter();
    /// @notice Thrown when one dispute could slash more than an epoch's disputes together.
    error DisputeCourt_SlashOverCap(uint128 maxSlash, uint128 epochCap);
    /// @notice Thrown when a step could last longer than stake can be held for it, in seconds.
    error DisputeCourt_StepTooLong(uint64 longest, uint64 maximum);
    /// @notice Thrown when nobody is accused.
    error DisputeCourt_ZeroAccused();
    /// @notice Thrown when a step is not for the state that the dispute is in.
    error DisputeCourt_WrongState(uint256 disputeId, State state);
    /// @notice Thrown when it is too late for a step; times are in seconds since 1970.
    error DisputeCourt_TooLate(uint256 timestamp, uint64 deadline);
    /// @notice Thrown when another than the accused answers before the time, in seconds since 1970, when anyone may.
    error DisputeCourt_AccusedFirst(address caller, uint64 earliest);
    /// @notice Thrown when it is too early for a step; times are in seconds since 1970.
    error DisputeCourt_TooEarly(uint256 timestamp, uint64 earliest);
    /// @notice Thrown when the caller has no such dispute to rule on.
    error DisputeCourt_NotArbitrator(address caller, uint256 arbitratorDisputeId);
    /// @notice Thrown when an appeal is funded for no side.
    error DisputeCourt_NoSide(Ruling side);
    /// @notice Thrown when a side needs nothing more, or nothing was offered.
    error DisputeCourt_NothingToFund(uint256 disputeId, Ruling side);
    /// @notice Thrown when an appeal costs more than when the ruling was given, in wei.
    error DisputeCourt_AppealCostRose(uint128 cost, uint128 expected);
    /// @notice Thrown when a contributor has nothing to claim on that side of that appeal.
    error DisputeCourt_NothingToClaim(uint256 disputeId, address contributor);
    /// @notice Thrown when nothing is left to slash, or nothing more in this epoch.
    error DisputeCourt_NothingToSlash(uint256 disputeId, uint128 due);
    /// @notice Thrown when an account has no credit.
    error DisputeCourt_NoCredit(address account);

    /// @notice Accuses somebody. Takes `bondFor(accused)` and the arbitration cost of the caller's tokens, which must be
    /// approved, and for no more than the caller would pay: bond and cost can rise until the call is mined. The bond comes back unless the dispute is dismissed; the cost does not.
    /// @param evidenceDigest Of the published evidence.
    function open(
        uint32 datanetId,
        address accused,
        bytes32 evidenceDigest
    ) external returns (uint256 disputeId);

    /// @notice Puts an equal bond behind the accused: who answers wins or loses it. Once, within the answer period; in its first half only the accused, so that nobody can answer
    /// badly in its place before it could; then anyone.
    function answer(uint256 disputeId, bytes32 answerDigest) external;

    /// @notice Gives the dispute to the arbitrator, as soon as it is answered or cannot be any more. Anyone. If the cost
    /// rose since the opening the caller pays the difference; if it fell the challenger is credited.
    function escalate(uint256 disputeId) external;

    /// @notice Pays towards the next round, up to what the side needs; the last contribution makes the appeal.
    /// @param side `Upheld` for the challenger's, `Dismissed` for the accused's.
    /// @return paid What was taken, in wei.
    function fundAppeal(uint256 disputeId, Ruling side, uint128 amount) external returns (uint128 paid);

    /// @notice Makes the last ruling final when no appeal came. Anyone.
    function resolve(uint256 disputeId) external;

    /// @notice Makes the last ruling final, or without one gives the bonds back, when the arbitrator does not move. Anyone.
    function expire(uint256 disputeId) external;

    /// @notice Slashes what a final ruling asks for, as far as the epoch's cap allows; the rest can be slashed in a later
    /// epoch. What the accused does not have is waived. Anyone.
    /// @return slashed What was taken, in wei.
    function executeSlash(uint256 disputeId) external returns (uint128 slashed);

    /// @notice Credits a contributor what its payment to one side of an appeal came to. Anyone.
    function claimContribution(
        uint256 disputeId,
        uint8 appeal,
        Ruling side,
        address contributor
    ) external returns (uint128 amount);

    /// @notice Pays the caller its credit.
    function collect() external returns (uint128 amount);

    /// @notice Gives later disputes to another arbitrator. Only the authority.
    function setArbitrator(IArbitrator arbitrator) external;

    /// @notice What it takes to open a dispute, besides the arbitration cost, in wei.
    function bondFor(address accused) external view returns (uint128);

    /// @notice What an appeal still needs on one side, in wei.
    function neededFor(uint256 disputeId, Ruling side) external view returns (uint128);

    /// @notice A dispute; all zero if it does not exist.
    function disputeOf(uint256 disputeId) external view returns (Dispute memory);

    /// @notice The funding of an appeal.
    function roundOf(uint256 disputeId, uint8 appeal) external view returns (Round memory);

    /// @notice What an account paid to one side of an appeal and has not claimed, in wei.
    function contributionOf(
        uint256 disputeId,
        uint8 appeal,
        Ruling side,
        address contributor
    ) external view returns (uint128);

    /// @notice What an account can collect, in wei.
    function creditOf(address account) external view returns (uint128);

    /// @notice What was slashed in an epoch, in wei.
    function slashedIn(uint256 epoch) external view returns (uint128);

    /// @notice How many disputes against an account were dismissed in an epoch.
    function dismissedIn(uint256 epoch, address accused) external view returns (uint256);

    /// @notice The court's epoch now.
    function currentEpoch() external view returns (uint256);

    /// @notice How many disputes there are; their ids are 1 to this.
    function disputeCount() external view returns (uint256);

    /// @notice The parameters.
    function parameters() external view returns (Parameters memory);

    /// @notice For how long stake stays held after the time of a step, in seconds.
    function SETTLING_TIME() external view returns (uint64);

    /// @notice Who decides disputes that are opened now.
    function arbitrator() external view returns (IArbitrator);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Where stake is slashed.
    function staking() external view returns (IDatanetStaking);
}
