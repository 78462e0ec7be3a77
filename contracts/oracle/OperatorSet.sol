// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAttributionOracle} from "../interfaces/IAttributionOracle.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IOperatorSet} from "../interfaces/IOperatorSet.sol";

/// @title OperatorSet
/// @notice See {IOperatorSet}.
contract OperatorSet is IOperatorSet, AccessManaged {
    using SafeERC20 for IOpenToken;
    using Arrays for address[];

    /// @dev One slot: all that a post reads beside its signers. Set ids start at 1, epochs too.
    struct Schedule {
        uint32 currentId;
        uint32 nextId;
        uint32 fromEpoch;
        uint8 currentFaults;
        uint8 nextFaults;
    }

    struct Exit {
        uint96 amount;
        uint64 withdrawableAt;
    }

    uint256 private constant MAX_SIZE = 32;
    uint256 private constant SIGNATURE = 64;

    // An operator is one slot: bond (95 bits) | slashed (1 bit), and above them, if slashed, the challenger (160), else
    // two seats: each set id (32) | seat (8). The supply is far below 2^95 wei.
    uint256 private constant BOND_MASK = (1 << 95) - 1;
    uint256 private constant SLASHED = 1 << 95;
    uint256 private constant SEATS_SHIFT = 96;
    uint256 private constant SEAT_BITS = 40;
    uint256 private constant SEAT_MASK = (1 << SEAT_BITS) - 1;

    /// @inheritdoc IOperatorSet
    IOpenToken public immutable token;
    /// @inheritdoc IOperatorSet
    uint96 public immutable minimumBond;
    /// @inheritdoc IOperatorSet
    uint64 public immutable exitDelay;
    /// @inheritdoc IOperatorSet
    address public oracle;
    /// @inheritdoc IOperatorSet
    mapping(address challenger => uint128) public rewardOf;

    Schedule private _schedule;
    uint32 private _lastId;
    mapping(address operator => uint256 bits) private _operators;
    mapping(address operator => Exit) private _exits;
    mapping(uint32 setId => address[]) private _members;
    mapping(uint32 setId => bytes32) private _digests;

    modifier onlyOracle() {
        if (msg.sender != oracle) revert OperatorSet_NotOracle(msg.sender);
        _;
    }

    constructor(
        IOpenToken token_,
        address authority_,
        address initialOracle,
        uint96 minimumBond_,
        uint64 exitDelay_
    ) AccessManaged(authority_) {
        token = token_;
        minimumBond = minimumBond_;
        exitDelay = exitDelay_;
        _setOracle(initialOracle);
    }

    /// @inheritdoc IOperatorSet
    function setOperators(address[] calldata operators, uint8 faults, uint32 fromEpoch) external restricted {
        // Check
        uint256 minimum = 2 * uint256(faults) + 1;
        uint256 size = operators.length;
        if (size < minimum || size > MAX_SIZE) revert OperatorSet_WrongSize(size, minimum, MAX_SIZE);
        Schedule memory schedule = _requireThawed(fromEpoch);

        // Effect
        uint32 setId = ++_lastId;
        for (uint256 seat = 0; seat < size; ++seat) {
            _seat(operators[seat], setId, seat, schedule.currentId);
        }
        bytes32 digest = keccak256(abi.encode(block.chainid, address(this), setId, operators, faults));
        (schedule.nextId, schedule.nextFaults, schedule.fromEpoch) = (setId, faults, fromEpoch);
        _schedule = schedule;
        _members[setId] = operators;
        _digests[setId] = digest;
        emit OperatorsSet(setId, fromEpoch, operators, faults, digest);
    }

    /// @inheritdoc IOperatorSet
    function setOracle(address newOracle) external onlyOracle {
        _setOracle(newOracle);
    }

    /// @inheritdoc IOperatorSet
    function bond(uint96 amount) external {
        // Check
        uint256 bits = _operators[msg.sender];
        if (bits & SLASHED != 0) revert OperatorSet_Slashed(msg.sender);

        // Effect: no transfer of that many tokens can succeed unless the sum is within the supply.
        _operators[msg.sender] = bits + amount;
        emit Bonded(msg.sender, amount, uint96((bits & BOND_MASK) + amount));

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IOperatorSet
    function requestExit() external {
        // Check
        uint256 bits = _operators[msg.sender];
        if (bits & SLASHED != 0) revert OperatorSet_Slashed(msg.sender);
        uint96 amount = uint96(bits & BOND_MASK);
        if (amount == 0) revert OperatorSet_NothingBonded(msg.sender);

        // Effect
        Exit storage exit = _exits[msg.sender];
        uint64 at = uint64(block.timestamp) + exitDelay;
        amount += exit.amount;
        (exit.amount, exit.withdrawableAt) = (amount, at);
        _operators[msg.sender] = bits & ~BOND_MASK;
        emit ExitRequested(msg.sender, amount, at);
    }

    /// @inheritdoc IOperatorSet
    function withdrawBond() external returns (uint96 amount) {
        // Check
        Exit memory exit = _exits[msg.sender];
        if (exit.amount == 0) revert OperatorSet_NotLeaving(msg.sender);
        if (_operators[msg.sender] & SLASHED != 0) revert OperatorSet_Slashed(msg.sender);
        uint64 at = exit.withdrawableAt;
        if (block.timestamp < at) revert OperatorSet_TooEarly(block.timestamp, at);

        // Effect
        amount = exit.amount;
        delete _exits[msg.sender];
        emit Withdrawn(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IOperatorSet
    function slash(uint32 epoch, uint32 signers, address challenger) external onlyOracle {
        (uint32 setId, ) = _setAt(epoch);
        address[] storage members = _members[setId];
        uint256 mark = SLASHED | (uint256(uint160(challenger)) << SEATS_SHIFT);
        for (uint256 seat = 0; signers >> seat != 0; ++seat) {
            if ((signers >> seat) & 1 == 0) continue;
            address operator = members.unsafeAccess(seat).value;
            uint256 bits = _operators[operator];
            // No quorum has a signer without a seat: nobody is there to be marked.
            if (operator != address(0) && bits & SLASHED == 0)
                _operators[operator] = (bits & BOND_MASK) | mark;
        }
        emit Slashed(epoch, signers, challenger);
    }

    /// @inheritdoc IOperatorSet
    function settleSlash(address operator) external returns (uint128 burned, uint128 rewarded) {
        // Check
        address challenger = slashedBy(operator);
        if (challenger == address(0)) revert OperatorSet_NotSlashed(operator);

        // Effect
        uint128 amount = uint128(bondOf(operator)) + _exits[operator].amount;
        rewarded = amount / 2;
        burned = amount - rewarded;
        delete _operators[operator];
        delete _exits[operator];
        rewardOf[challenger] += rewarded;
        emit SlashSettled(operator, challenger, burned, rewarded);

        // Interaction
        token.burn(burned);
    }

    /// @inheritdoc IOperatorSet
    function collectReward() external returns (uint128 amount) {
        // Check
        amount = rewardOf[msg.sender];
        if (amount == 0) revert OperatorSet_NoReward(msg.sender);

        // Effect
        rewardOf[msg.sender] = 0;
        emit RewardCollected(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IOperatorSet
    function requireQuorum(
        uint32 epoch,
        bytes32 digest,
        address sender,
        uint32 signers,
        bytes calldata signatures
    ) external view {
        (uint32 setId, uint8 faults) = _setAt(epoch);
        if (setId == 0) revert OperatorSet_NoSet(epoch);
        uint256 used = 0;
        uint256 count = 0;
        uint256 senderBits = _operators[sender];
        uint256 senderSeat = _seatOf(senderBits, setId);
        for (uint256 seat = 0; signers >> seat != 0; ++seat) {
            if ((signers >> seat) & 1 == 0) continue;
            ++count;
            if (seat == senderSeat) {
                if (!_isActive(senderBits)) revert OperatorSet_NotActive(sender, seat);
                continue;
            }
            address signer = _recover(digest, signatures, used);
            uint256 bits = _operators[signer];
            if (_seatOf(bits, setId) != seat || !_isActive(bits)) revert OperatorSet_NotActive(signer, seat);
            used += SIGNATURE;
        }
        if (count != uint256(faults) + 1) revert OperatorSet_WrongQuorum(count, uint256(faults) + 1);
        if (signatures.length != used) revert OperatorSet_SignatureLength(signatures.length, used);
    }

    /// @inheritdoc IOperatorSet
    function setDigest(uint32 epoch) external view returns (bytes32) {
        (uint32 setId, ) = _setAt(epoch);
        return _digests[setId];
    }

    /// @inheritdoc IOperatorSet
    function membersOf(uint32 epoch) external view returns (address[] memory operators, uint8 faults) {
        uint32 setId;
        (setId, faults) = _setAt(epoch);
        operators = _members[setId];
    }

    /// @inheritdoc IOperatorSet
    function isActive(address operator) external view returns (bool) {
        return _isActive(_operators[operator]);
    }

    /// @inheritdoc IOperatorSet
    function withdrawableAt(address operator) external view returns (uint64) {
        return _exits[operator].withdrawableAt;
    }

    /// @inheritdoc IOperatorSet
    function leavingOf(address operator) external view returns (uint96) {
        return _exits[operator].amount;
    }

    /// @inheritdoc IOperatorSet
    function bondOf(address operator) public view returns (uint96) {
        return uint96(_operators[operator] & BOND_MASK);
    }

    /// @inheritdoc IOperatorSet
    function slashedBy(address operator) public view returns (address) {
        uint256 bits = _operators[operator];
        return bits & SLASHED == 0 ? address(0) : address(uint160(bits >> SEATS_SHIFT));
    }

    function _setOracle(address newOracle) private {
        if (newOracle == address(0)) revert OperatorSet_ZeroOracle();
        oracle = newOracle;
        emit OracleSet(newOracle);
    }

    /// @dev Gives the operator a seat in place of one that is not in the set in force.
    function _seat(address operator, uint32 setId, uint256 seat, uint32 currentId) private {
        uint256 bits = _operators[operator];
        if (operator == address(0) || _seatOf(bits, setId) != type(uint256).max) {
            revert OperatorSet_InvalidOperator(operator);
        }
        if (bits & SLASHED != 0) revert OperatorSet_Slashed(operator);
        uint256 shift = SEATS_SHIFT;
        if (currentId != 0 && (bits >> (SEATS_SHIFT + 8)) & type(uint32).max == currentId) shift += SEAT_BITS;
        _operators[operator] = (bits & ~(SEAT_MASK << shift)) | (((uint256(setId) << 8) | seat) << shift);
    }

    /// @dev The schedule with the set in force in the epoch in progress as the current one.
    function _requireThawed(uint32 fromEpoch) private view returns (Schedule memory schedule) {
        schedule = _schedule;
        if (fromEpoch == 0) revert OperatorSet_Frozen(fromEpoch, 1);
        // Before the first set there may be no oracle to ask.
        if (schedule.nextId == 0) return schedule;
        IAttributionOracle current = IAttributionOracle(oracle);
        uint32 inProgress = current.finalEpoch() + 1;
        if (schedule.fromEpoch <= inProgress) {
            schedule.currentId = schedule.nextId;
            schedule.currentFaults = schedule.nextFaults;
        }
        (, uint64 deadline) = current.pending();
        bool frozen = deadline != 0 || _hasQuorum(schedule.currentId, schedule.currentFaults);
        uint32 minimum = frozen ? inProgress + 1 : inProgress;
        if (fromEpoch < minimum) revert OperatorSet_Frozen(fromEpoch, minimum);
    }

    function _hasQuorum(uint32 setId, uint8 faults) private view returns (bool) {
        address[] storage members = _members[setId];
        uint256 active = 0;
        for (uint256 seat = 0; seat < members.length; ++seat) {
            uint256 bits = _operators[members[seat]];
            // A slashed operator that bonded anew has no seat.
            if (_isActive(bits) && _seatOf(bits, setId) == seat) ++active;
        }
        return active > faults;
    }

    function _setAt(uint32 epoch) private view returns (uint32 setId, uint8 faults) {
        Schedule memory schedule = _schedule;
        return
            epoch >= schedule.fromEpoch
                ? (schedule.nextId, schedule.nextFaults)
                : (schedule.currentId, schedule.currentFaults);
    }

    function _isActive(uint256 bits) private view returns (bool) {
        return bits & SLASHED == 0 && bits & BOND_MASK >= minimumBond;
    }

    /// @dev The operator's seat in a set, the largest number if it has none.
    function _seatOf(uint256 bits, uint32 setId) private pure returns (uint256) {
        if (bits & SLASHED == 0) {
            for (uint256 seats = bits >> SEATS_SHIFT; seats != 0; seats >>= SEAT_BITS) {
                if ((seats >> 8) & type(uint32).max == setId) return seats & type(uint8).max;
            }
        }
        return type(uint256).max;
    }

    function _recover(
        bytes32 digest,
        bytes calldata signatures,
        uint256 from
    ) private pure returns (address) {
        if (signatures.length < from + SIGNATURE) {
            revert OperatorSet_SignatureLength(signatures.length, from + SIGNATURE);
        }
        return ECDSA.recover(digest, bytes32(signatures[from:]), bytes32(signatures[from + 32:]));
    }
}
