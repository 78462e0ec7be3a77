// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {IEmissionController} from "../../../contracts/interfaces/IEmissionController.sol";
import {AttributionOracle} from "../../../contracts/oracle/AttributionOracle.sol";
import {FraudProofs} from "../../../contracts/oracle/FraudProofs.sol";
import {PageDemands} from "../../../contracts/oracle/PageDemands.sol";
import {SettlementProofs} from "../../../contracts/oracle/SettlementProofs.sol";
import {ClaimsRoom} from "./ClaimsRoom.sol";

/// @notice Proposals on the only way there is: proposed, voted, queued, executed by the timelock. They change windows,
/// weights, budgets and caps, rotate operators and committee, and hand the ledger over to another oracle.
abstract contract GovernanceRoom is ClaimsRoom {
    enum Stage {
        None,
        Voted,
        Queued
    }

    struct Proposal {
        Stage stage;
        bool handsOver;
        uint256 since;
        address[] targets;
        bytes[] calls;
        bytes32 description;
    }

    struct Ledgerkeepers {
        AttributionOracle oracle;
        FraudProofs fraudProofs;
        SettlementProofs settlementProofs;
        PageDemands pageDemands;
    }

    Proposal private _proposal;
    Ledgerkeepers private _successor;
    uint256 private _proposals;

    function govern(uint256 seed) external watched {
        seed = _mix(seed);
        if (_proposal.stage == Stage.None) {
            _draft(seed);
            _propose();
        } else if (_proposal.stage == Stage.Voted) {
            _queue();
        } else {
            _execute();
        }
    }

    /// @dev Everybody who can still sign bonds again; if that is not enough, governance names a new set.
    function _restoreQuorum() internal override {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            address operator = _operators[i];
            if (operators.slashedBy(operator) != address(0)) _settleSlash(operator);
            if (operators.bondOf(operator) >= BOND) continue;
            _try(operator, address(operators), abi.encodeCall(operators.bond, (BOND)));
        }
        uint32 epoch = oracle.finalEpoch() + 1;
        (uint32 signers, ) = _quorum(0, epoch);
        if (signers != 0) return;
        delete _proposal;
        _add(address(operators), abi.encodeCall(operators.setOperators, (_seated(0), 1, epoch)));
        _propose();
        _queue();
        _execute();
    }

    function _draft(uint256 seed) private {
        uint256 kind = seed % 8;
        seed >>= 8;
        if (kind <= 1) {
            uint64 window = uint64(1 days + (seed % 48) * 1 hours);
            _add(address(oracle), abi.encodeCall(oracle.setChallengeWindow, (window)));
        } else if (kind == 2) {
            _draftWeights(seed);
        } else if (kind == 3) {
            IEmissionController.Curve memory curve = IEmissionController.Curve(
                _amount(seed, BUDGET),
                uint16(8_000 + (seed % 2_000)),
                uint32(1 + (seed % 30))
            );
            _add(address(emissions), abi.encodeCall(emissions.setCurve, (curve)));
        } else if (kind == 4) {
            uint16 cap = seed % 2 == 0 ? 0 : uint16(5_000);
            uint128 floor = seed % 2 == 0 ? 0 : _amount(seed, BUDGET / 2);
            _add(address(emissions), abi.encodeCall(emissions.setFeeCap, (cap, floor)));
        } else if (kind == 5) {
            uint32 epoch = oracle.finalEpoch() + 3 + uint32(seed % 4);
            _add(address(operators), abi.encodeCall(operators.setOperators, (_seated(seed), 1, epoch)));
        } else if (kind == 6) {
            _add(address(arbitrator), abi.encodeCall(arbitrator.setCommittee, (_members, 2)));
        } else {
            _draftHandOver();
        }
    }

    function _draftWeights(uint256 seed) private {
        (uint32[] memory ids, uint16[] memory bps) = (new uint32[](3), new uint16[](3));
        (ids[0], ids[1], ids[2]) = (1, 2, 3);
        bps[0] = uint16(seed % 5_000);
        bps[1] = uint16((seed >> 16) % 5_000);
        bps[2] = 10_000 - bps[0] - bps[1];
        _add(address(emissions), abi.encodeCall(emissions.setWeights, (ids, bps)));
    }

    /// @dev The successor is deployed first, then given its roles, provers and the ledger in one operation.
    function _draftHandOver() private {
        Ledgerkeepers memory current = Ledgerkeepers(oracle, fraudProofs, settlementProofs, pageDemands);
        _deployOracle(address(oracle));
        _successor = Ledgerkeepers(oracle, fraudProofs, settlementProofs, pageDemands);
        _take(current);
        address next = address(_successor.oracle);
        bytes4[] memory guarded = new bytes4[](3);
        (guarded[0], guarded[1], guarded[2]) = (
            oracle.cancelPending.selector,
            oracle.pauseClaims.selector,
            oracle.resumeClaims.selector
        );
        _add(address(access), abi.encodeCall(access.setTargetFunctionRole, (next, guarded, 1)));
        bytes4[] memory opens = _one(oracle.openEpoch.selector);
        _add(address(access), abi.encodeCall(access.setTargetFunctionRole, (next, opens, 2)));
        _add(next, abi.encodeCall(oracle.setProver, (address(_successor.fraudProofs), true)));
        _add(next, abi.encodeCall(oracle.setProver, (address(_successor.settlementProofs), true)));
        _add(next, abi.encodeCall(oracle.setProver, (address(_successor.pageDemands), true)));
        _add(address(oracle), abi.encodeCall(oracle.handOver, (next)));
        _proposal.handsOver = true;
    }

    function _propose() private {
        _pass(1);
        string memory description = vm.toString(++_proposals);
        _proposal.description = keccak256(bytes(description));
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _operation();
        bytes memory data = abi.encodeCall(governor.propose, (targets, values, calls, description));
        (bool ok, bytes memory answer) = _try(founder, address(governor), data);
        if (!ok) return _forgetProposal();
        _pass(1 hours + 1);
        data = abi.encodeCall(governor.castVote, (abi.decode(answer, (uint256)), 1));
        _try(founder, address(governor), data);
        (_proposal.stage, _proposal.since) = (Stage.Voted, block.timestamp);
    }

    function _queue() private {
        uint256 due = _proposal.since + 1 days + 1;
        if (block.timestamp < due) _pass(due - block.timestamp);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _operation();
        bytes memory data = abi.encodeCall(IGovernor.queue, (targets, values, calls, _proposal.description));
        (bool ok, ) = _try(challenger, address(governor), data);
        if (!ok) return _forgetProposal();
        (_proposal.stage, _proposal.since) = (Stage.Queued, block.timestamp);
        (targets, values, calls) = _operation();
        data = abi.encodeCall(IGovernor.execute, (targets, values, calls, _proposal.description));
        _mustNot(Wrong.Intruded, founder, address(governor), data);
    }

    function _execute() private {
        uint256 due = _proposal.since + 2 days;
        if (block.timestamp < due) _pass(due - block.timestamp);
        if (_proposal.handsOver) {
            if (_isPaused()) return;
            if (_pending.post.epoch != 0) _settlePending(1);
        }
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _operation();
        bytes memory data = abi.encodeCall(
            IGovernor.execute,
            (targets, values, calls, _proposal.description)
        );
        (bool ok, ) = _try(challenger, address(governor), data);
        if (ok) ++executed;
        if (ok && _proposal.handsOver) _take(_successor);
        _forgetProposal();
    }

    function _operation()
        private
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calls)
    {
        return (_proposal.targets, new uint256[](_proposal.targets.length), _proposal.calls);
    }

    function _add(address target, bytes memory data) private {
        _proposal.targets.push(target);
        _proposal.calls.push(data);
    }

    function _forgetProposal() private {
        delete _proposal;
    }

    function _take(Ledgerkeepers memory keepers) private {
        oracle = keepers.oracle;
        fraudProofs = keepers.fraudProofs;
        settlementProofs = keepers.settlementProofs;
        pageDemands = keepers.pageDemands;
    }

    /// @dev A set of operators that are not slashed.
    function _seated(uint256 seed) private view returns (address[] memory seated) {
        seated = new address[](SEATS);
        uint256 found;
        for (uint256 i = 0; i < OPERATORS && found < SEATS; ++i) {
            address operator = _operators[(seed + i) % OPERATORS];
            if (operators.slashedBy(operator) == address(0)) seated[found++] = operator;
        }
        assembly ("memory-safe") {
            mstore(seated, found)
        }
    }
}
