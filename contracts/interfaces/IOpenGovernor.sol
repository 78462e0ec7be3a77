// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IOpenGovernor
/// @notice What the governor starts with. Everything else is OpenZeppelin's IGovernor.
/// @dev Assumptions: the token counts votes in seconds and its supply is fixed; the timelock lets only the governor
/// schedule. Safety: a proposal acts only after its vote was won with the quorum and the timelock's delay has passed,
/// and only as the timelock; the settings change only by such a proposal. Liveness: anyone may queue and execute what
/// was won; a quorum reached late leaves the other side the late extension to answer.
interface IOpenGovernor {
    /// @param votingDelay Seconds from the proposal to the snapshot of the votes.
    /// @param votingPeriod Seconds from the snapshot to the end of the vote.
    /// @param proposalThreshold Votes that a proposer must have, in wei of OPEN.
    /// @param quorumPercent For and abstain votes that a proposal needs, in percent of the supply.
    /// @param lateQuorumExtension Seconds that a vote stays open at least after its quorum was reached; never more
    /// than the voting period.
    struct Settings {
        uint48 votingDelay;
        uint32 votingPeriod;
        uint256 proposalThreshold;
        uint256 quorumPercent;
        uint48 lateQuorumExtension;
    }
}
