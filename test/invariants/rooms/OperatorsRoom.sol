// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../../../contracts/interfaces/IAttributionOracle.sol";
import {World} from "../World.sol";

/// @notice Bonds, exits, slashing settled, bounties, and the signatures of a quorum.
abstract contract OperatorsRoom is World {
    /// @notice Operators that signed a lie since they were last settled.
    mapping(address operator => bool) public lied;

    /// @dev By digest of a set: members that lost their seat in it, because they were slashed.
    mapping(bytes32 set => mapping(address operator => bool)) internal _unseated;

    function bond(uint256 seed) external watched {
        seed = _mix(seed);
        address operator = _operators[seed % OPERATORS];
        if (operators.slashedBy(operator) != address(0)) _settleSlash(operator);
        bytes memory data = abi.encodeCall(operators.bond, (uint96(_amount(seed >> 32, BOND / 10))));
        _try(operator, address(operators), data);
    }

    /// @notice Who was not slashed gets its bond back, however it left.
    function leave(uint256 seed) external watched {
        seed = _mix(seed);
        address operator = _operators[seed % OPERATORS];
        if (operators.slashedBy(operator) != address(0)) return;
        if (operators.leavingOf(operator) == 0) {
            if (operators.bondOf(operator) == 0) return;
            bytes memory exit = abi.encodeCall(operators.requestExit, ());
            _must(Wrong.ExitBlocked, operator, address(operators), exit);
            return;
        }
        uint64 at = operators.withdrawableAt(operator);
        bytes memory data = abi.encodeCall(operators.withdrawBond, ());
        if (block.timestamp < at) _mustNot(Wrong.Intruded, operator, address(operators), data);
        if (block.timestamp < at) _pass(at - block.timestamp);
        _must(Wrong.ExitBlocked, operator, address(operators), data);
    }

    function settleSlash(uint256 seed) external watched {
        address operator = _operators[_mix(seed) % OPERATORS];
        if (operators.slashedBy(operator) != address(0)) _settleSlash(operator);
    }

    function collectBounty() external watched {
        if (operators.rewardOf(challenger) == 0) return;
        bytes memory data = abi.encodeCall(operators.collectReward, ());
        _must(Wrong.CreditBlocked, challenger, address(operators), data);
    }

    /// @notice What the operator set owes, in wei.
    function bondsHeld() external view returns (uint256 sum) {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            sum += operators.bondOf(_operators[i]) + operators.leavingOf(_operators[i]);
        }
        sum += operators.rewardOf(challenger);
    }

    /// @notice Whether an operator is slashed that signed no lie.
    function honestSlashed() external view returns (bool) {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            address operator = _operators[i];
            if (operators.slashedBy(operator) != address(0) && !lied[operator]) return true;
        }
        return false;
    }

    function _settleSlash(address operator) internal {
        bytes memory data = abi.encodeCall(operators.settleSlash, (operator));
        _must(Wrong.CreditBlocked, challenger, address(operators), data);
        lied[operator] = false;
    }

    function _markLiars(Epoch storage epoch) internal {
        (address[] memory seated, ) = operators.membersOf(epoch.post.epoch);
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            if ((epoch.signers >> seat) & 1 == 1) lied[seated[seat]] = true;
        }
    }

    function _markUnseated() internal {
        (address[] memory seated, ) = operators.membersOf(_pending.post.epoch);
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            if ((_pending.signers >> seat) & 1 == 0) continue;
            _unseated[operators.setDigest(_pending.post.epoch)][seated[seat]] = true;
            _unseated[operators.setDigest(type(uint32).max)][seated[seat]] = true;
        }
    }

    /// @dev Two seats that may sign, the first one posts; no signers if there are not two.
    function _quorum(uint256 seed, uint32 epoch) internal view returns (uint32 signers, address poster) {
        (address[] memory seated, ) = operators.membersOf(epoch);
        bytes32 set = operators.setDigest(epoch);
        uint256 found;
        for (uint256 i = 0; i < seated.length && found < 2; ++i) {
            uint256 seat = (seed + i) % seated.length;
            if (!operators.isActive(seated[seat]) || _unseated[set][seated[seat]]) continue;
            signers |= uint32(1 << seat);
            if (++found == 1) poster = seated[seat];
        }
        if (found < 2) signers = 0;
    }

    /// @dev In ascending order of the seats, the poster's own left out, each in 64 bytes (EIP-2098).
    function _sign(
        IAttributionOracle.Post memory newPost,
        uint32 signers,
        address poster
    ) internal returns (bytes memory signatures) {
        (address[] memory seated, ) = operators.membersOf(newPost.epoch);
        bytes32 digest = oracle.attestationDigest(newPost);
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            if ((signers >> seat) & 1 == 0 || seated[seat] == poster) continue;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(seated[seat]), digest);
            bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
            signatures = abi.encodePacked(signatures, r, vs);
        }
    }

    function _keyOf(address operator) private view returns (uint256) {
        for (uint256 i = 0; i < OPERATORS; ++i) if (_operators[i] == operator) return OPERATOR_KEY + i;
        return 1;
    }
}
