// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IArbitrator
/// @notice Who decides a dispute that no contract can decide. Like ERC-792, with three changes: fees are OPEN and are
/// pulled from the caller's allowance; the arbitrable runs the appeal's funding, so every round's ruling is reported,
/// not only the last; the rulings are those of {IArbitrable}.
/// @dev Assumptions: the arbitrable approves exactly the cost before it asks. Safety: an arbitrator pulls exactly the cost,
/// never rules inside `createDispute` or `requestAppeal`, and rules once per round. Liveness: it rules some day; the
/// arbitrable must have a way out if it never does.
///
/// How an adapter of Kleros implements it: `createDispute` swaps the fee to what the Kleros court takes and calls its
/// `createDispute(2, extraData)`; once the court is in its appeal period anyone calls the adapter, which reads
/// `currentRuling` (0, 1, 2 are the values of `Ruling`) and calls `rule`; `appealDeadline` is the end of the court's
/// `appealPeriod`; `requestAppeal` calls the court's `appeal`; the court's own `rule` callback only reports a last round
/// that was not reported yet.
///
/// How an adapter of UMA's optimistic oracle implements it: `createDispute` only records the digests, and its fee pays
/// the later asserter's reward; anyone then asserts "dispute N is upheld" (or dismissed) through the adapter with UMA's
/// bond; `assertionResolvedCallback` calls `rule` if the assertion held, else the next assertion may be made. UMA's own
/// vote is the appeal, so `appealDeadline` is 0 and `requestAppeal` reverts.
interface IArbitrator {
    /// @notice Starts a dispute for the caller, which becomes its arbitrable, and pulls `arbitrationCost` of OPEN from it.
    /// @param evidenceDigest Of the accusation.
    /// @param answerDigest Of the defence, zero if there is none.
    /// @return arbitratorDisputeId Unique for this arbitrator.
    function createDispute(
        bytes32 evidenceDigest,
        bytes32 answerDigest
    ) external returns (uint256 arbitratorDisputeId);

    /// @notice Starts another round of a dispute that was ruled on, and pulls `appealCost` of OPEN from the caller. Only
    /// its arbitrable.
    function requestAppeal(uint256 arbitratorDisputeId) external;

    /// @notice The cost of a dispute's first round, in wei of OPEN.
    function arbitrationCost() external view returns (uint128);

    /// @notice The cost of a dispute's next round, in wei of OPEN.
    function appealCost(uint256 arbitratorDisputeId) external view returns (uint128);

    /// @notice Until when `requestAppeal` is taken, in seconds since 1970; 0 for never, the largest number for ever.
    function appealDeadline(uint256 arbitratorDisputeId) external view returns (uint64);
}
