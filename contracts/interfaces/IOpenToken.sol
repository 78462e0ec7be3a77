// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title IOpenToken
/// @notice OPEN: an ERC-20 with permit, votes and burn, and a counter per account of all that was ever paid to it as
/// a reward. The counter lives in the account's only storage slot, so a claim writes one slot, and a new distributor
/// can never pay an old claim twice.
/// @dev Assumptions: the owner is a timelock; it appoints only distributors that pay proven claims. Safety: a
/// distributor spends nothing but its own balance, and cannot raise `paid` without paying.
interface IOpenToken is IERC20Metadata, IERC20Permit, IERC20Errors {
    /// @notice An account may, or may no longer, pay rewards through `payCumulative`.
    event DistributorSet(address indexed distributor, bool enabled);

    /// @notice Thrown when an account that is not a distributor calls `payCumulative`.
    error OpenToken_NotDistributor(address caller);
    /// @notice Thrown when a permit is used after its deadline, in seconds since 1970.
    error ERC2612ExpiredSignature(uint256 deadline);
    /// @notice Thrown when a permit is signed by another account than the owner of the tokens.
    error ERC2612InvalidSigner(address signer, address owner);

    /// @notice Destroys `amount` wei of the caller's tokens.
    function burn(uint256 amount) external;

    /// @notice Lets an account pay rewards, or stops it. Only the owner.
    function setDistributor(address distributor, bool enabled) external;

    /// @notice Sends the caller's own tokens until `to` has been paid `cumulative` in its life.
    /// @param to The account to pay.
    /// @param cumulative All that `to` has ever earned, in wei.
    /// @return amount What was sent: `cumulative - paid(to)`, or 0 if `to` has already been paid that much.
    function payCumulative(address to, uint128 cumulative) external returns (uint256 amount);

    /// @notice All that `account` was ever paid through `payCumulative`, in wei. It never falls.
    function paid(address account) external view returns (uint256);

    /// @notice Whether `account` may pay rewards.
    function isDistributor(address account) external view returns (bool);
}
