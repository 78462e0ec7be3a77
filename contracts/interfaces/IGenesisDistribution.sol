// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IGenesisDistribution
/// @notice Receives the whole supply at its birth and hands it out once: five groups, each with its share and its
/// vesting. What vests lies in a VestingWallet per beneficiary, the rest is sent at once.
/// @dev Assumptions: the token gave this contract its whole supply and has no hooks. Safety: a group's list sums to
/// the group's share to the wei or is refused, each group is handed out once, and after the fifth the deployer can do
/// nothing here. Liveness: nothing depends on this contract after that; the wallets stand on their own.
interface IGenesisDistribution {
    /// @notice A group of beneficiaries.
    /// @param name Its name, as ASCII.
    /// @param bps Its share of the supply, in hundredths of a percent.
    /// @param start When vesting begins, in seconds after genesis; nothing is released before.
    /// @param duration How long vesting then takes, linearly, in seconds; 0: nothing vests, all is liquid.
    struct Group {
        bytes32 name;
        uint16 bps;
        uint64 start;
        uint64 duration;
    }

    /// @notice What one account gets.
    /// @param account The account; it owns its vesting wallet.
    /// @param vested What it gets over time, in wei.
    /// @param liquid What it gets at once, in wei.
    struct Beneficiary {
        address account;
        uint128 vested;
        uint128 liquid;
    }

    /// @notice A beneficiary got `vested` wei in `wallet` (zero if nothing vests) and `liquid` wei at once.
    event Allocated(
        uint8 indexed group,
        address indexed account,
        address indexed wallet,
        uint128 vested,
        uint128 liquid
    );
    /// @notice A group has been handed out.
    event GroupAllocated(uint8 indexed group, bytes32 name, uint256 amount);

    /// @notice Thrown when the groups' shares do not sum to 10,000.
    error GenesisDistribution_WrongShares(uint256 bps, uint256 expected);
    /// @notice Thrown when a group's vesting would end later than `MAX_VESTING` after genesis; in seconds.
    error GenesisDistribution_TooLong(uint8 group, uint256 end, uint256 bound);
    /// @notice Thrown when somebody else than the deployer allocates.
    error GenesisDistribution_NotDeployer(address caller);
    /// @notice Thrown when there is no such group.
    error GenesisDistribution_UnknownGroup(uint8 group, uint256 groups);
    /// @notice Thrown when a group is handed out a second time.
    error GenesisDistribution_AlreadyAllocated(uint8 group);
    /// @notice Thrown when this contract does not hold the whole supply at the first group.
    error GenesisDistribution_NotWholeSupply(uint256 balance, uint256 supply);
    /// @notice Thrown when a later group names another token than the first.
    error GenesisDistribution_OtherToken(address token, address expected);
    /// @notice Thrown when a list is longer than one transaction can carry.
    error GenesisDistribution_TooManyBeneficiaries(uint256 count, uint256 bound);
    /// @notice Thrown when a list gives a vested part in a group that does not vest.
    error GenesisDistribution_NoVesting(uint8 group, address account);
    /// @notice Thrown when a list does not sum to the group's share.
    error GenesisDistribution_WrongSum(uint256 sum, uint256 expected);

    /// @notice Hands a group out. Only the deployer, once a group.
    /// @param token OPEN, the same at every call.
    /// @param group The group's number, 0 to 4.
    /// @param list At most `MAX_BENEFICIARIES`, whose amounts sum to `amountOf(group)`.
    function allocate(IOpenToken token, uint8 group, Beneficiary[] calldata list) external;

    /// @notice Whether a group has been handed out.
    function allocated(uint8 group) external view returns (bool);

    /// @notice The vesting wallets of a group, in the order of its list; zero where nothing vests.
    function walletsOf(uint8 group) external view returns (address[] memory);

    /// @notice A group's terms.
    function groupOf(uint8 group) external view returns (Group memory);

    /// @notice What a group gets of the supply, in wei; 0 before the first group was handed out.
    function amountOf(uint8 group) external view returns (uint256);

    /// @notice Who hands the groups out.
    function deployer() external view returns (address);

    /// @notice When the groups' clocks began, in seconds since 1970.
    function genesisTime() external view returns (uint64);

    /// @notice OPEN, zero before the first group was handed out.
    function token() external view returns (IOpenToken);

    /// @notice The supply of which the groups get their shares, in wei; 0 before the first group was handed out.
    function supply() external view returns (uint256);

    /// @notice When the last vesting may end, in seconds after genesis: what starts or lasts longer is a slip.
    function MAX_VESTING() external view returns (uint64);

    /// @notice The longest list, so that the largest call stays well within a transaction's gas.
    function MAX_BENEFICIARIES() external view returns (uint256);
}
