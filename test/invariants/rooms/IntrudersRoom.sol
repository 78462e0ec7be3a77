// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "../../../contracts/interfaces/IArbitrable.sol";
import {IEmissionController} from "../../../contracts/interfaces/IEmissionController.sol";
import {IGenesisDistribution} from "../../../contracts/interfaces/IGenesisDistribution.sol";
import {World} from "../World.sol";

/// @notice Everybody tries what only another may: the deployer, the guardian, the epoch manager, operators, members of
/// the committee, contributors and strangers. None of it may work.
abstract contract IntrudersRoom is World {
    uint256 private constant WAYS = 31;

    function intrude(uint256 seed) external watched {
        seed = _mix(seed);
        address[10] memory callers = [
            address(this),
            guardian,
            epochManager,
            founder,
            challenger,
            treasury,
            coldWallet,
            _members[0],
            _operators[0],
            _contributors[0]
        ];
        address caller = callers[seed % callers.length];
        uint256 way = (seed >> 8) % WAYS;
        (address target, bytes memory data) = way < 10
            ? _moneyWay(way, caller)
            : way < 19
                ? _ledgerWay(way, caller)
                : _adminWay(way, caller);
        _mustNot(Wrong.Intruded, caller, target, data);
    }

    function _moneyWay(uint256 way, address caller) private view returns (address, bytes memory) {
        if (way == 0) return (address(token), abi.encodeCall(token.setDistributor, (caller, true)));
        if (way == 1) return (address(token), abi.encodeCall(token.setPayoutRegistry, (caller)));
        if (way == 2) return (address(token), abi.encodeCall(token.setPayoutFlags, (caller, true, true)));
        if (way == 3) {
            return (address(token), abi.encodeCall(token.payCumulative, (caller, type(uint128).max, caller)));
        }
        if (way == 4) return (address(escrow), abi.encodeCall(escrow.release, (escrow.totalFunded())));
        if (way == 5) return (address(escrow), abi.encodeCall(escrow.setOracle, (caller)));
        if (way == 6) return (address(vault), abi.encodeCall(vault.setRoot, (bytes24(uint192(1)), 1)));
        if (way == 7) return (address(vault), abi.encodeCall(vault.setOracle, (caller)));
        if (way == 8) {
            return (address(token), abi.encodeCall(token.transferFrom, (address(vault), caller, 1)));
        }
        return (address(staking), abi.encodeCall(staking.slash, (_contributors[1], 2, 1, caller)));
    }

    function _ledgerWay(uint256 way, address caller) private view returns (address, bytes memory) {
        address target = address(oracle);
        if (way == 10) return (target, abi.encodeCall(oracle.takeOver, ()));
        if (way == 11) {
            return (target, abi.encodeCall(oracle.reject, (_pending.post, _pending.signers, caller, 0)));
        }
        if (way == 12) {
            return (target, abi.encodeCall(oracle.openDemand, (_pending.post, _pending.signers)));
        }
        if (way == 13) return (target, abi.encodeCall(oracle.closeDemands, (1)));
        if (way == 14) return (target, abi.encodeCall(oracle.setChallengeWindow, (1 days)));
        if (way == 15) return (target, abi.encodeCall(oracle.setProver, (caller, true)));
        if (way == 16) return (target, abi.encodeCall(oracle.handOver, (caller)));
        if (way == 17) {
            // The one thing that the guardian, and the one that the epoch manager may, tried by the other.
            if (caller == guardian)
                return (target, abi.encodeCall(oracle.openEpoch, (type(uint32).max, CONFIG)));
            return (target, abi.encodeCall(oracle.pauseClaims, ()));
        }
        if (caller == guardian) return (target, abi.encodeCall(oracle.setProver, (caller, true)));
        return (target, abi.encodeCall(oracle.cancelPending, ()));
    }

    function _adminWay(uint256 way, address caller) private view returns (address, bytes memory) {
        if (way == 19) {
            return (
                address(operators),
                abi.encodeCall(operators.setOperators, (_contributors, 1, 1_000_000))
            );
        }
        if (way == 20) return (address(operators), abi.encodeCall(operators.slash, (1, 3, caller)));
        if (way == 21) return (address(operators), abi.encodeCall(operators.setOracle, (caller)));
        if (way == 22) return (address(staking), abi.encodeCall(staking.lock, (_contributors[1], 2, 0)));
        if (way == 23) {
            IEmissionController.Curve memory curve = IEmissionController.Curve(1, 10_000, 1);
            return (address(emissions), abi.encodeCall(emissions.setCurve, (curve)));
        }
        if (way == 24) return (address(emissions), abi.encodeCall(emissions.setFeeCap, (0, 0)));
        if (way == 25) return (address(court), abi.encodeCall(court.rule, (1, IArbitrable.Ruling.Upheld)));
        if (way == 26) return (address(access), abi.encodeCall(access.grantRole, (0, caller, 0)));
        if (way == 27) {
            return (address(timelock), abi.encodeCall(timelock.schedule, (caller, 0, "", 0, 0, 2 days)));
        }
        if (way == 28) {
            return (address(staking), abi.encodeCall(staking.hold, (_contributors[1], 2, type(uint64).max)));
        }
        if (way == 29) return (address(emissions), abi.encodeCall(emissions.handOver, (emissions)));
        IGenesisDistribution.Beneficiary[] memory list;
        return (address(genesis), abi.encodeCall(genesis.allocate, (token, 0, list)));
    }
}
