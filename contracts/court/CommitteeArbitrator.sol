// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IArbitrable} from "../interfaces/IArbitrable.sol";
import {IArbitrator} from "../interfaces/IArbitrator.sol";
import {ICommitteeArbitrator} from "../interfaces/ICommitteeArbitrator.sol";

/// @title CommitteeArbitrator
/// @notice See {ICommitteeArbitrator}.
contract CommitteeArbitrator is ICommitteeArbitrator, AccessManaged {
    struct Committee {
        address[] members;
        uint8 votesNeeded;
    }

    struct Dispute {
        IArbitrable arbitrable;
        uint64 deadline;
        uint8 round;
        bool open;
        uint32 committeeId;
        uint32 voted;
        uint8[3] votes;
        bytes32 evidenceDigest;
        bytes32 answerDigest;
    }

    uint256 private constant MEMBERS_LIMIT = 32;

    /// @inheritdoc ICommitteeArbitrator
    uint64 public immutable votingPeriod;

    uint32 private _committeeId;
    uint256 private _disputeCount;
    mapping(uint32 committeeId => Committee) private _committees;
    mapping(uint32 committeeId => mapping(address member => uint256)) private _seats;
    mapping(uint256 disputeId => Dispute) private _disputes;

    constructor(
        address authority,
        address[] memory members,
        uint8 votesNeeded,
        uint64 votingPeriod_
    ) AccessManaged(authority) {
        if (votingPeriod_ == 0) revert CommitteeArbitrator_ZeroPeriod();
        votingPeriod = votingPeriod_;
        _setCommittee(members, votesNeeded);
    }

    /// @inheritdoc IArbitrator
    function createDispute(
        bytes32 evidenceDigest,
        bytes32 answerDigest
    ) external returns (uint256 arbitratorDisputeId) {
        arbitratorDisputeId = ++_disputeCount;
        Dispute storage dispute = _disputes[arbitratorDisputeId];
        dispute.arbitrable = IArbitrable(msg.sender);
        dispute.evidenceDigest = evidenceDigest;
        dispute.answerDigest = answerDigest;
        _openRound(arbitratorDisputeId, dispute);
    }

    /// @inheritdoc IArbitrator
    function requestAppeal(uint256 arbitratorDisputeId) external {
        // Check
        Dispute storage dispute = _disputes[arbitratorDisputeId];
        if (msg.sender != address(dispute.arbitrable)) {
            revert CommitteeArbitrator_NotArbitrable(msg.sender, dispute.arbitrable);
        }
        if (dispute.open) revert CommitteeArbitrator_NotDecided(arbitratorDisputeId);

        // Effect
        ++dispute.round;
        dispute.voted = 0;
        delete dispute.votes;
        _openRound(arbitratorDisputeId, dispute);
    }

    /// @inheritdoc ICommitteeArbitrator
    function vote(uint256 arbitratorDisputeId, IArbitrable.Ruling ruling) external {
        // Check
        Dispute storage dispute = _disputes[arbitratorDisputeId];
        if (!dispute.open || block.timestamp >= dispute.deadline) {
            revert CommitteeArbitrator_NotOpen(arbitratorDisputeId, dispute.deadline);
        }
        uint256 seat = _seats[dispute.committeeId][msg.sender];
        if (seat == 0) revert CommitteeArbitrator_NotMember(msg.sender, dispute.committeeId);
        uint32 bit = uint32(1 << (seat - 1));
        if (dispute.voted & bit != 0)
            revert CommitteeArbitrator_AlreadyVoted(arbitratorDisputeId, msg.sender);

        // Effect
        dispute.voted |= bit;
        uint8 votes = ++dispute.votes[uint256(ruling)];
        emit Voted(arbitratorDisputeId, dispute.round, msg.sender, ruling);

        // Interaction
        if (votes == _committees[dispute.committeeId].votesNeeded) {
            _closeRound(arbitratorDisputeId, dispute, ruling);
        }
    }

    /// @inheritdoc ICommitteeArbitrator
    function close(uint256 arbitratorDisputeId) external {
        Dispute storage dispute = _disputes[arbitratorDisputeId];
        uint64 deadline = dispute.deadline;
        if (!dispute.open) revert CommitteeArbitrator_NotOpen(arbitratorDisputeId, deadline);
        if (block.timestamp < deadline) revert CommitteeArbitrator_TooEarly(block.timestamp, deadline);
        _closeRound(arbitratorDisputeId, dispute, IArbitrable.Ruling.Refused);
    }

    /// @inheritdoc ICommitteeArbitrator
    function setCommittee(address[] calldata members, uint8 votesNeeded) external restricted {
        _setCommittee(members, votesNeeded);
    }

    /// @inheritdoc ICommitteeArbitrator
    function committee()
        external
        view
        returns (uint32 committeeId, address[] memory members, uint8 votesNeeded)
    {
        committeeId = _committeeId;
        Committee storage current = _committees[committeeId];
        return (committeeId, current.members, current.votesNeeded);
    }

    /// @inheritdoc ICommitteeArbitrator
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
        )
    {
        Dispute storage dispute = _disputes[arbitratorDisputeId];
        return (
            dispute.arbitrable,
            dispute.committeeId,
            dispute.round,
            dispute.open,
            dispute.deadline,
            dispute.votes
        );
    }

    /// @inheritdoc IArbitrator
    function arbitrationCost() external pure returns (uint128) {
        return 0;
    }

    /// @inheritdoc IArbitrator
    function appealCost(uint256) external pure returns (uint128) {
        return 0;
    }

    /// @inheritdoc IArbitrator
    function appealDeadline(uint256) external pure returns (uint64) {
        return type(uint64).max;
    }

    function _openRound(uint256 arbitratorDisputeId, Dispute storage dispute) private {
        uint64 deadline = uint64(block.timestamp) + votingPeriod;
        (dispute.open, dispute.deadline, dispute.committeeId) = (true, deadline, _committeeId);
        emit RoundOpened(
            arbitratorDisputeId,
            dispute.round,
            dispute.arbitrable,
            dispute.evidenceDigest,
            dispute.answerDigest,
            deadline
        );
    }

    function _closeRound(
        uint256 arbitratorDisputeId,
        Dispute storage dispute,
        IArbitrable.Ruling ruling
    ) private {
        dispute.open = false;
        emit RoundClosed(arbitratorDisputeId, dispute.round, ruling);

        dispute.arbitrable.rule(arbitratorDisputeId, ruling);
    }

    function _setCommittee(address[] memory members, uint8 votesNeeded) private {
        // Check
        uint256 count = members.length;
        if (count == 0 || count > MEMBERS_LIMIT) revert CommitteeArbitrator_WrongSize(count, MEMBERS_LIMIT);
        if (uint256(votesNeeded) * 2 <= count || votesNeeded > count) {
            revert CommitteeArbitrator_WrongThreshold(votesNeeded, count);
        }

        // Effect
        uint32 committeeId = ++_committeeId;
        for (uint256 i = 0; i < count; ++i) {
            address member = members[i];
            if (member == address(0) || _seats[committeeId][member] != 0) {
                revert CommitteeArbitrator_BadMember(member);
            }
            _seats[committeeId][member] = i + 1;
        }
        _committees[committeeId] = Committee({members: members, votesNeeded: votesNeeded});
        emit CommitteeSet(committeeId, members, votesNeeded);
    }
}
