// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IRewardVault
/// @notice Pays what the last final ledger proves. Anyone may send a claim; the money goes to the account in the leaf,
/// or to the payout that this account chose (see {IOpenToken}).
/// @dev Assumptions: the vault is a distributor of the token; the oracle sets only roots that survived the challenge
/// window, and the escrow delivers their total. Safety: no call but a proven claim moves tokens, and what was paid is
/// counted in the token, so no root, however often replaced, pays the same reward twice. Liveness: claims need no key
/// and no other contract than the token; while the root is zero nothing is paid and nothing is lost. New roots are
/// announced by the oracle (`RootFinalized`), not here.
interface IRewardVault {
    /// @notice The oracle handed its place to `oracle`.
    event OracleSet(address indexed oracle);
    /// @notice An account was paid `amount` wei, and with it `cumulative` in its life.
    event Claimed(uint32 indexed index, address indexed account, uint256 amount, uint128 cumulative);
    /// @notice `count` accounts from `firstIndex` were served by one proof and got `amount` wei together; the token's
    /// transfers say who got what.
    event BatchClaimed(uint32 indexed firstIndex, uint256 count, uint256 amount);
    /// @notice A batch passed an account over: with `reason` zero it had been paid everything before, otherwise
    /// `reason` is the selector of the token's error (such as a guarded account's `OpenToken_NotClaimer`), 0xffffffff if
    /// it failed without one, as when the gas ran out.
    event ClaimSkipped(uint32 indexed index, address indexed account, bytes4 reason);

    /// @notice Thrown when the oracle would be zero.
    error RewardVault_ZeroOracle();
    /// @notice Thrown when somebody else than the oracle sets a root, or names another oracle.
    error RewardVault_NotOracle(address caller);
    /// @notice Thrown when there is no root to claim against.
    error RewardVault_Paused();
    /// @notice Thrown when leaf and proof give another root than the final one.
    error RewardVault_InvalidProof(bytes24 computed, bytes24 root);
    /// @notice Thrown when the account has already been paid all that the leaf proves, `cumulative` wei.
    error RewardVault_NothingToClaim(address account, uint256 cumulative);
    /// @notice Thrown when a packed claim is too short, or a batch is not whole entries (36 bytes each) from 1 up.
    error RewardVault_WrongLength(uint256 length);
    /// @notice Thrown when a batch does not start where a subtree that holds `count` leaves starts.
    error RewardVault_Unaligned(uint32 firstIndex, uint256 count);

    /// @notice Hands the oracle's place to another. Only the oracle.
    function setOracle(address newOracle) external;

    /// @notice Replaces the root; a zero root pauses claims. Only the oracle.
    function setRoot(bytes24 newRoot, uint32 epoch) external;

    /// @notice Pays `account` what it has earned and not yet been paid.
    /// @param index The account's contributor index, its position in the ledger.
    /// @param cumulative All that it ever earned, in wei.
    /// @param prefix The sum of the cumulatives of all positions before it, in wei.
    /// @param proof 24-byte siblings from the leaf up.
    /// @return amount What was paid, in wei.
    function claim(
        uint32 index,
        address account,
        uint128 cumulative,
        uint128 prefix,
        bytes calldata proof
    ) external returns (uint256 amount);

    /// @notice `claim` with less call data.
    /// @param packed index (4 bytes) | account (20) | cumulative (16) | prefix (16) | proof (24 each).
    /// @return amount What was paid, in wei.
    function claimPacked(bytes calldata packed) external returns (uint256 amount);

    /// @notice Pays a run of accounts with one proof: the leaves are hashed to the root of their own subtree. Whom the
    /// token does not pay is passed over and reported, so no entry can make the others fail.
    /// @param firstIndex The first account's index, a multiple of the least power of two that is not below the number of
    /// entries.
    /// @param firstPrefix The sum of the cumulatives of all positions before it, in wei.
    /// @param entries account (20 bytes) | cumulative (16), in order. Where they do not fill their subtree, the ledger
    /// must end.
    /// @param proof 24-byte siblings from the subtree up.
    /// @return amount What was paid in all, in wei.
    function claimBatch(
        uint32 firstIndex,
        uint128 firstPrefix,
        bytes calldata entries,
        bytes calldata proof
    ) external returns (uint256 amount);

    /// @notice The root of the last final ledger (zero while claims are paused), its epoch, and flags, none of which is
    /// in use.
    function root() external view returns (bytes24 ledgerRoot, uint32 epoch, uint32 flags);

    /// @notice What every ledger leaf starts with.
    function DOMAIN() external view returns (bytes32);

    /// @notice The version of the tree formats, part of every domain.
    function specVersion() external view returns (uint32);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Who sets roots.
    function oracle() external view returns (address);
}
