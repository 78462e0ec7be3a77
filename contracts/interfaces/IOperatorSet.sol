// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IOperatorSet
/// @notice Who may post roots together, and the bonds that they lose for a lie. A set is a list of operators, each with
/// a seat, and a number of faults that it stands: `faults + 1` signatures are a quorum.
/// @dev Assumptions: governance names operators; the oracle slashes only for proven lies. Safety: a bond leaves only to
/// its operator after the exit delay, or by a slash, half burned and half credited; the oracle's window is always a day
/// shorter than the exit delay, so a bond outlives every post made with it. A slash only marks, one slot a signer: it transfers
/// nothing and calls nobody, so it cannot be made to fail. The set of the epoch in progress is frozen: the signers of a
/// pending post are always found. Liveness: if that set has lost its quorum and nothing is pending, it may be replaced at
/// once, though a member that bonds just before makes it a quorum again and the replacement fail; operators who are able
/// but silent, or who do that, are replaced by a hand-over to another oracle with another set.
interface IOperatorSet {
    /// @notice The oracle handed its place to `oracle`.
    event OracleSet(address indexed oracle);
    /// @notice A set is in force from an epoch on, in place of any other set scheduled for later than the epoch in
    /// progress. Operators are given by seat.
    event OperatorsSet(
        uint32 indexed setId,
        uint32 indexed fromEpoch,
        address[] operators,
        uint8 faults,
        bytes32 digest
    );
    /// @notice An account added `amount` wei; its bond is now `total`.
    event Bonded(address indexed operator, uint96 amount, uint96 total);
    /// @notice An account took its whole bond out of service: `amount` in all may be withdrawn at that time, in seconds
    /// since 1970.
    event ExitRequested(address indexed operator, uint96 amount, uint64 withdrawableAt);
    /// @notice An account took its bond back.
    event Withdrawn(address indexed operator, uint96 amount);
    /// @notice The signers of a lie lost their bonds and their seats. `signers` has bit i for seat i.
    event Slashed(uint32 indexed epoch, uint32 signers, address indexed challenger);
    /// @notice What a slashed operator had was divided.
    event SlashSettled(
        address indexed operator,
        address indexed challenger,
        uint128 burned,
        uint128 rewarded
    );
    /// @notice A challenger took its credit.
    event RewardCollected(address indexed challenger, uint128 amount);

    /// @notice Thrown when the oracle would be zero.
    error OperatorSet_ZeroOracle();
    /// @notice Thrown when somebody else than the oracle slashes, or names another oracle.
    error OperatorSet_NotOracle(address caller);
    /// @notice Thrown when a set is too small for its faults (`2 * faults + 1`) or too large (32).
    error OperatorSet_WrongSize(uint256 size, uint256 minimum, uint256 maximum);
    /// @notice Thrown when a set names the zero address, or an account twice.
    error OperatorSet_InvalidOperator(address operator);
    /// @notice Thrown when a slashed account is named or bonds before its slash is settled.
    error OperatorSet_Slashed(address operator);
    /// @notice Thrown when a set would be in force too early: epochs start at 1.
    error OperatorSet_Frozen(uint32 fromEpoch, uint32 minimum);
    /// @notice Thrown when a quorum is asked for in an epoch before the first set.
    error OperatorSet_NoSet(uint32 epoch);
    /// @notice Thrown when there are more or fewer signers than a quorum.
    error OperatorSet_WrongQuorum(uint256 signers, uint256 quorum);
    /// @notice Thrown when the signatures are not 64 bytes for each signer but the sender.
    error OperatorSet_SignatureLength(uint256 length, uint256 expected);
    /// @notice Thrown when a signature is not from an active operator on that seat.
    error OperatorSet_NotActive(address signer, uint256 seat);
    /// @notice Thrown when an exit is asked for without a bond.
    error OperatorSet_NothingBonded(address caller);
    /// @notice Thrown when there is nothing to withdraw.
    error OperatorSet_NotLeaving(address caller);
    /// @notice Thrown when a bond is withdrawn too early; times are in seconds since 1970.
    error OperatorSet_TooEarly(uint256 timestamp, uint64 withdrawableAt);
    /// @notice Thrown when there is no slash to settle.
    error OperatorSet_NotSlashed(address operator);
    /// @notice Thrown when there is no credit to collect.
    error OperatorSet_NoReward(address caller);

    /// @notice Schedules the set that is in force from an epoch on; replaces a scheduled set that is not yet in force.
    /// Only governance.
    /// @param operators At most 32, at least `2 * faults + 1`; the place is the seat.
    /// @param faults How many of them may lie without a lie being posted.
    /// @param fromEpoch Not 0. After the epoch in progress, unless there is no set yet, or nothing is pending and the set of the
    /// epoch in progress has fewer active operators than a quorum.
    function setOperators(address[] calldata operators, uint8 faults, uint32 fromEpoch) external;

    /// @notice Hands the oracle's place to another. Only the oracle.
    function setOracle(address newOracle) external;

    /// @notice Adds `amount` wei of the caller's tokens, which must be approved, to its bond. Anyone may bond before it is
    /// named.
    function bond(uint96 amount) external;

    /// @notice Takes the caller's whole bond out of service at once, to be withdrawn after the exit delay. It can still be
    /// slashed. Asking again adds to it and starts its delay anew.
    function requestExit() external;

    /// @notice Returns what left service long enough ago.
    function withdrawBond() external returns (uint96 amount);

    /// @notice Marks the signers as slashed: they are inactive at once, whatever they have is theirs no more. Only the
    /// oracle.
    /// @param signers Bit i for seat i of the epoch's set.
    function slash(uint32 epoch, uint32 signers, address challenger) external;

    /// @notice Divides what a slashed operator has, in service or leaving: half is credited to the challenger, the rest
    /// burned. Anyone may do it. The operator may then bond anew, and be named in a new set.
    function settleSlash(address operator) external returns (uint128 burned, uint128 rewarded);

    /// @notice Pays the caller its credit.
    function collectReward() external returns (uint128 amount);

    /// @notice Reverts unless the signers are a quorum of active operators of the epoch's set who agree to `digest`.
    /// @param sender If it has a seat among the signers, it is there and needs no signature.
    /// @param signers Bit i for seat i, exactly `faults + 1` bits.
    /// @param signatures 64 bytes (EIP-2098, s in the lower half) for each other signer, by ascending seat.
    function requireQuorum(
        uint32 epoch,
        bytes32 digest,
        address sender,
        uint32 signers,
        bytes calldata signatures
    ) external view;

    /// @notice keccak256 of the ABI encoding of chain id, this contract, set id, operators and faults of the epoch's set;
    /// zero before the first. Part of what operators sign.
    function setDigest(uint32 epoch) external view returns (bytes32);

    /// @notice The epoch's operators by seat, and how many faults they stand.
    function membersOf(uint32 epoch) external view returns (address[] memory operators, uint8 faults);

    /// @notice Whether an account's bond is in service, at least the minimum, and not slashed.
    function isActive(address operator) external view returns (bool);

    /// @notice An account's bond in service, in wei; what a slash waits to divide is still counted.
    function bondOf(address operator) external view returns (uint96);

    /// @notice When what is leaving may be withdrawn, in seconds since 1970; zero if nothing is leaving.
    function withdrawableAt(address operator) external view returns (uint64);

    /// @notice What is leaving service, in wei.
    function leavingOf(address operator) external view returns (uint96);

    /// @notice Who proved the lie of a slashed operator; zero if no slash waits to be settled.
    function slashedBy(address operator) external view returns (address);

    /// @notice A challenger's credit, in wei.
    function rewardOf(address challenger) external view returns (uint128);

    /// @notice The least bond of an active operator, in wei.
    function minimumBond() external view returns (uint96);

    /// @notice How long a bond stays after its operator asked to leave, in seconds.
    function exitDelay() external view returns (uint64);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Who may slash.
    function oracle() external view returns (address);
}
