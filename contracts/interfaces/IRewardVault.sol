// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IRewardVault
/// @notice Pays what the last final ledger proves. Anyone may send a claim; the money goes to the account in the leaf.
/// @dev Assumptions: the vault is a distributor of the token; the oracle sets only roots that survived the challenge
/// window, and the escrow delivers their total. Safety: no call but a proven claim moves tokens, and what was paid is
/// counted in the token, so no root, however often replaced, pays the same reward twice. Liveness: claims need no key
/// and no other contract than the token. New roots are announced by the oracle (`RootFinalized`), not here.
interface IRewardVault {
    /// @notice An account was paid `amount` wei, and with it `cumulative` in its life.
    event Claimed(uint32 indexed index, address indexed account, uint256 amount, uint128 cumulative);

    /// @notice Thrown when the oracle is set a second time; it is `oracle`.
    error RewardVault_OracleAlreadySet(address oracle);
    /// @notice Thrown when somebody else than the oracle sets a root.
    error RewardVault_NotOracle(address caller);
    /// @notice Thrown when there is no root to claim against.
    error RewardVault_Paused();
    /// @notice Thrown when leaf and proof give another root than the final one.
    error RewardVault_InvalidProof(bytes24 computed, bytes24 root);
    /// @notice Thrown when the account has already been paid all that the leaf proves.
    error RewardVault_NothingToClaim(address account, uint256 paid);

    /// @notice Sets the oracle. Only the owner, only once; after that the owner can do nothing here.
    function setOracle(address oracle) external;

    /// @notice Replaces the root. Only the oracle.
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

    /// @notice The root of the last final ledger, its epoch, and flags, none of which is in use.
    function root() external view returns (bytes24 ledgerRoot, uint32 epoch, uint32 flags);

    /// @notice What every ledger leaf starts with.
    function DOMAIN() external view returns (bytes32);

    /// @notice The version of the tree formats, part of every domain.
    function specVersion() external view returns (uint32);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Who sets roots, zero until set.
    function oracle() external view returns (address);
}
