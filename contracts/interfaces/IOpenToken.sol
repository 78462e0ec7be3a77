// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title IOpenToken
/// @notice OPEN: an ERC-20 with permit (EIP-2612), signed transfers (EIP-3009), votes and burn, and a counter per
/// account of all that was ever paid to it as a reward. The counter lives in the account's only storage slot, so a
/// claim writes one slot, and a new distributor can never pay an old claim twice.
/// @dev Assumptions: the authority appoints only distributors that pay proven claims, and a payout registry in which
/// only an account sets its own rules. Safety: a distributor spends nothing but its own balance, and cannot raise
/// `paid` without paying; no key moves the tokens of another. Liveness: transfers need no other contract; a payment
/// asks the payout registry only for accounts that have set a rule there.
interface IOpenToken is IERC20Metadata, IERC20Permit, IERC20Errors, IERC3009, IERC3009Cancel, IERC165 {
    /// @notice An account may, or may no longer, pay rewards through `payCumulative`.
    event DistributorSet(address indexed distributor, bool enabled);
    /// @notice The contract that keeps the payout rules was set, once and for all.
    event PayoutRegistrySet(address indexed registry);

    /// @notice Thrown when an account that is not a distributor calls `payCumulative`.
    error OpenToken_NotDistributor(address caller);
    /// @notice Thrown when `caller` claims for a guarded account and is neither the account nor its claimer.
    error OpenToken_NotClaimer(address caller, address account);
    /// @notice Thrown when the payout registry is set a second time; it is `registry`.
    error OpenToken_PayoutRegistryAlreadySet(address registry);
    /// @notice Thrown when somebody else than the payout registry, `registry`, sets payout flags.
    error OpenToken_NotPayoutRegistry(address caller, address registry);
    /// @notice Thrown when an authorization is used at `time`, not after `validAfter`.
    error OpenToken_AuthorizationNotYetValid(uint256 time, uint256 validAfter);
    /// @notice Thrown when an authorization is used at `time`, not before `validBefore`.
    error OpenToken_AuthorizationExpired(uint256 time, uint256 validBefore);
    /// @notice Thrown when an authorization was already used or cancelled.
    error OpenToken_AuthorizationUsed(address authorizer, bytes32 nonce);
    /// @notice Thrown when an authorization or a cancellation is signed by another account than `authorizer`.
    error OpenToken_InvalidSigner(address signer, address authorizer);
    /// @notice Thrown when somebody else than the payee, `to`, uses an authorization that only the payee may use.
    error OpenToken_NotPayee(address caller, address to);
    /// @notice Thrown when a permit is used after its deadline, in seconds since 1970.
    error ERC2612ExpiredSignature(uint256 deadline);
    /// @notice Thrown when a permit is signed by another account than the owner of the tokens.
    error ERC2612InvalidSigner(address signer, address owner);

    /// @notice Destroys `amount` wei of the caller's tokens.
    function burn(uint256 amount) external;

    /// @notice Lets an account pay rewards, or stops it. Only whom the authority allows.
    function setDistributor(address distributor, bool enabled) external;

    /// @notice Sets the contract that keeps the payout rules. Only whom the authority allows, only once.
    function setPayoutRegistry(address registry) external;

    /// @notice Marks an account as one whose payments must ask the payout registry. Only the payout registry,
    /// which announces the rules behind the flags.
    /// @param account The account.
    /// @param redirected Whether its rewards go to another address.
    /// @param guarded Whether only itself and its claimer may claim.
    function setPayoutFlags(address account, bool redirected, bool guarded) external;

    /// @notice Sends the distributor's own tokens until `to` has been paid `cumulative` in its life.
    /// @dev Tokens go to the payout address of `to`, and the counter of `to` rises. The rules of the payout address
    /// are not followed. A guarded account with nothing due gives 0 to any caller, as any other account does.
    /// @param to The account to pay.
    /// @param cumulative All that `to` has ever earned, in wei.
    /// @param caller Who called the distributor.
    /// @return amount What was sent: `cumulative - paid(to)`, or 0 if `to` has already been paid that much.
    function payCumulative(address to, uint128 cumulative, address caller) external returns (uint256 amount);

    /// @notice All that `account` was ever paid through `payCumulative`, in wei. It never falls.
    function paid(address account) external view returns (uint256);

    /// @notice Whether `account` may pay rewards.
    function isDistributor(address account) external view returns (bool);

    /// @notice The contract that keeps the payout rules, zero until set.
    function payoutRegistry() external view returns (address);
}
