// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "./IArbitrable.sol";
import {IArbitrator} from "./IArbitrator.sol";

/// @title ICommitteeArbitrator
/// @notice A named committee votes on disputes. A ruling that gets `votesNeeded` votes is given at once; if none did when
/// the time is up, the committee refused to arbitrate. It takes no fee: members are paid, if at all, elsewhere.
/// @dev Assumptions: fewer than `votesNeeded` members are corrupt; the authority changes members through a timelock.
/// Safety: `votesNeeded` is more than half, so no two rulings can win; a round is voted by the committee that was in
/// office when it began. Liveness: anyone closes a round whose time is up.
interface ICommitteeArbitrator is IArbitrator {
    /// @notice A round is open for votes until `deadline`, in seconds since 1970.
    event RoundOpened(
        uint256 indexed arbitratorDisputeId,
        uint8 round,
        IArbitrable indexed arbitrable,
        bytes32 evidenceDigest,
        bytes32 answerDigest,
        uint64 deadline
    );
    /// @notice A member voted.
    event Voted(
        uint256 indexed arbitratorDisputeId,
        uint8 round,
        address indexed member,
        IArbitrable.Ruling ruling
    );
    /// @notice A round was decided.
    event RoundClosed(uint256 indexed arbitratorDisputeId, uint8 round, IArbitrable.Ruling ruling);
    /// @notice A new committee votes on the rounds that begin from now on.
    event CommitteeSet(uint32 indexed committeeId, address[] members, uint8 votesNeeded);

    /// @notice Thrown when there would be no member or more than 32.
    error CommitteeArbitrator_WrongSize(uint256 members, uint256 limit);
    /// @notice Thrown when the votes needed are not more than half of the members, or more than all.
    error CommitteeArbitrator_WrongThreshold(uint8 votesNeeded, uint256 members);
    /// @notice Thrown when a member would be zero or named twice.
    error CommitteeArbitrator_BadMember(address member);
    /// @notice Thrown when the voting period would be zero.
    error CommitteeArbitrator_ZeroPeriod();
    /// @notice Thrown when the caller does not vote in this round.
    error CommitteeArbitrator_NotMember(address caller, uint32 committeeId);
    /// @notice Thrown when a member votes twice in a round.
    error CommitteeArbitrator_AlreadyVoted(uint256 arbitratorDisputeId, address member);
    /// @notice Thrown when the round is not open for votes; `deadline` is 0 if there is no such dispute.
    error CommitteeArbitrator_NotOpen(uint256 arbitratorDisputeId, uint64 deadline);
    /// @notice Thrown when a round is closed while votes are still taken; times are in seconds since 1970.
    error CommitteeArbitrator_TooEarly(uint256 timestamp, uint64 deadline);
    /// @notice Thrown when somebody else than the arbitrable appeals.
    error CommitteeArbitrator_NotArbitrable(address caller, IArbitrable arbitrable);
    /// @notice Thrown when an appeal is requested before the round was decided.
    error CommitteeArbitrator_NotDecided(uint256 arbitratorDisputeId);

    /// @notice Votes in the round that is open. Members only, once a round; the deciding vote gives the ruling.
    function vote(uint256 arbitratorDisputeId, IArbitrable.Ruling ruling) external;

    /// @notice Ends a round whose time is up without a decision: refused to arbitrate. Anyone may call.
    function close(uint256 arbitratorDisputeId) external;

    /// @notice Names the committee of later rounds, at most 32. Only the authority.
    function setCommittee(address[] calldata members, uint8 votesNeeded) external;

    /// @notice The committee that votes on the rounds that begin now.
    function committee()
        external
        view
        returns (uint32 committeeId, address[] memory members, uint8 votesNeeded);

    /// @notice The open or last round of a dispute, and how many votes each ruling has in it.
    function roundOf(
        uint256 arbitratorDisputeId
    )
        external
        view
        returns (
            IArbitrable arbitrable,
            uint32 committeeId,
            uint8 round,
            bool open,
            uint64 deadline,
            uint8[3] memory votes
        );

    /// @notice How long a round takes votes, in seconds.
    function votingPeriod() external view returns (uint64);
}
