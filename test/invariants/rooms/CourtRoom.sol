// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "../../../contracts/interfaces/IArbitrable.sol";
import {IDisputeCourt} from "../../../contracts/interfaces/IDisputeCourt.sol";
import {World} from "../World.sol";

/// @notice Disputes about contributors, with answers, votes, appeals, expiry, slashing and what everybody collects.
abstract contract CourtRoom is World {
    uint256 private constant MOST_LIVE = 3;

    /// @notice Disputes whose money is not all settled.
    uint256[] internal _live;
    /// @dev Who takes part in disputes.
    address[] internal _parties;

    constructor() {
        _parties = [
            challenger,
            _members[0],
            _members[1],
            _contributors[0],
            _contributors[1],
            _contributors[2]
        ];
    }

    function openDispute(uint256 seed) external watched {
        seed = _mix(seed);
        if (_live.length == MOST_LIVE) return;
        address accused = _contributor(seed);
        bytes memory data = abi.encodeCall(court.open, (STAKED_DATANET, accused, CONFIG));
        (bool ok, ) = _try(_party(seed >> 8), address(court), data);
        if (ok) _live.push(court.disputeCount());
    }

    /// @notice The next step of a dispute, whatever its state asks for.
    function moveDispute(uint256 seed) external watched {
        seed = _mix(seed);
        if (_live.length == 0) return;
        uint256 id = _live[seed % _live.length];
        IDisputeCourt.Dispute memory dispute = court.disputeOf(id);
        if (dispute.state == IDisputeCourt.State.Answering) _moveAnswering(seed >> 8, id, dispute);
        else if (dispute.state == IDisputeCourt.State.Arbitrating) _vote(seed >> 8, dispute);
        else if (dispute.state == IDisputeCourt.State.Appealable) _moveAppealable(seed >> 8, id, dispute);
        else _settle(seed % _live.length, id, dispute);
    }

    function collectFromCourt(uint256 seed) external watched {
        seed = _mix(seed);
        for (uint256 i = 0; i < _parties.length + CONTRIBUTORS; ++i) {
            uint256 at = (seed + i) % (_parties.length + CONTRIBUTORS);
            address party = at < CONTRIBUTORS ? _contributors[at] : _parties[at - CONTRIBUTORS];
            if (court.creditOf(party) == 0) continue;
            bytes memory data = abi.encodeCall(court.collect, ());
            return _must(Wrong.CreditBlocked, party, address(court), data);
        }
    }

    /// @notice What the court owes, in wei.
    function disputesHeld() external view returns (uint256 sum) {
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) sum += court.creditOf(_contributors[i]);
        for (uint256 i = 0; i < 3; ++i) sum += court.creditOf(_parties[i]);
        for (uint256 i = 0; i < _live.length; ++i) sum += _heldFor(_live[i]);
    }

    /// @notice What was slashed in this epoch, and its cap, in wei.
    function slashedAndCap() external view returns (uint256, uint256) {
        return (court.slashedIn(court.currentEpoch()), court.parameters().epochCap);
    }

    function _heldFor(uint256 id) private view returns (uint256 sum) {
        IDisputeCourt.Dispute memory dispute = court.disputeOf(id);
        if (dispute.state != IDisputeCourt.State.Resolved) {
            sum = uint256(dispute.bond) * (dispute.defender == address(0) ? 1 : 2) + dispute.fee;
        }
        for (uint8 appeal = 0; appeal <= 2; ++appeal) {
            IDisputeCourt.Round memory round = court.roundOf(id, appeal);
            sum += uint256(round.upheldPaid) + round.dismissedPaid - round.claimed;
            if (appeal < dispute.appeals) sum -= round.cost + round.stake / 2;
        }
    }

    function _moveAnswering(uint256 seed, uint256 id, IDisputeCourt.Dispute memory dispute) private {
        if (block.timestamp < dispute.deadline && seed % 2 == 0) {
            bytes memory answer = abi.encodeCall(court.answer, (id, CONFIG));
            _try(seed % 4 == 0 ? dispute.accused : _party(seed >> 8), address(court), answer);
            return;
        }
        if (block.timestamp < dispute.deadline) _pass(dispute.deadline - block.timestamp);
        if (seed % 8 == 1) return _expire(id, dispute.deadline + court.parameters().patience);
        _try(challenger, address(court), abi.encodeCall(court.escalate, (id)));
    }

    /// @dev The committee, or nobody until anyone closes the round, or nobody at all.
    function _vote(uint256 seed, IDisputeCourt.Dispute memory dispute) private {
        (, , , bool open, uint64 deadline, ) = arbitrator.roundOf(dispute.arbitratorDisputeId);
        if (open && block.timestamp >= deadline) {
            bytes memory close = abi.encodeCall(arbitrator.close, (dispute.arbitratorDisputeId));
            _try(challenger, address(arbitrator), close);
            return;
        }
        if (seed % 16 == 0) {
            _pass(deadline > block.timestamp ? deadline - block.timestamp : 0);
            return;
        }
        IArbitrable.Ruling ruling = IArbitrable.Ruling((seed >> 8) % 8 == 0 ? 0 : 1 + ((seed >> 16) % 2));
        for (uint256 i = 0; i < 2; ++i) {
            address member = _members[(seed + i) % MEMBERS];
            bytes memory data = abi.encodeCall(arbitrator.vote, (dispute.arbitratorDisputeId, ruling));
            _try(member, address(arbitrator), data);
        }
    }

    function _moveAppealable(uint256 seed, uint256 id, IDisputeCourt.Dispute memory dispute) private {
        if (seed % 3 != 0 && block.timestamp < dispute.deadline) {
            IArbitrable.Ruling side = IArbitrable.Ruling(1 + ((seed >> 8) % 2));
            uint128 needed = court.neededFor(id, side);
            uint128 amount = seed % 2 == 0 ? needed : _amount(seed >> 32, needed);
            _try(_party(seed >> 16), address(court), abi.encodeCall(court.fundAppeal, (id, side, amount)));
            return;
        }
        if (block.timestamp < dispute.deadline) _pass(dispute.deadline - block.timestamp);
        _try(challenger, address(court), abi.encodeCall(court.resolve, (id)));
        ++resolved;
    }

    function _expire(uint256 id, uint256 at) private {
        if (block.timestamp < at) _pass(at - block.timestamp);
        _must(Wrong.CreditBlocked, challenger, address(court), abi.encodeCall(court.expire, (id)));
        ++resolved;
    }

    /// @dev The slash as far as this epoch allows it, every contribution, then the dispute is done.
    function _settle(uint256 at, uint256 id, IDisputeCourt.Dispute memory dispute) private {
        if (dispute.slashDue != 0) {
            _try(challenger, address(court), abi.encodeCall(court.executeSlash, (id)));
            if (court.disputeOf(id).slashDue != 0) _pass(court.parameters().epochLength);
            return;
        }
        for (uint8 appeal = 0; appeal <= dispute.appeals && appeal <= 2; ++appeal) {
            for (uint256 i = 0; i < _parties.length; ++i) {
                _claimOf(id, appeal, dispute, _parties[i]);
            }
        }
        if (_heldFor(id) != 0) _wrong(Wrong.CreditBlocked);
        _live[at] = _live[_live.length - 1];
        _live.pop();
    }

    function _claimOf(uint256 id, uint8 appeal, IDisputeCourt.Dispute memory dispute, address party) private {
        for (uint256 side = 1; side <= 2; ++side) {
            IArbitrable.Ruling ruling = IArbitrable.Ruling(side);
            if (court.contributionOf(id, appeal, ruling, party) == 0) continue;
            bool lost =
                appeal < dispute.appeals &&
                    dispute.ruling != IArbitrable.Ruling.Refused &&
                    dispute.ruling != ruling;
            if (lost) continue;
            bytes memory data = abi.encodeCall(court.claimContribution, (id, appeal, ruling, party));
            _must(Wrong.CreditBlocked, challenger, address(court), data);
        }
    }

    function _party(uint256 seed) private view returns (address) {
        return _parties[seed % _parties.length];
    }
}
