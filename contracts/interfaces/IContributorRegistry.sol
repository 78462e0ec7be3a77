// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "./IOpenToken.sol";

/// @title IContributorRegistry
/// @notice Where an account's rewards go and who may claim them. The account bound to a contributor index never
/// changes; these rules let its owner pay another address, keep others from claiming, and recover from a lost key.
/// @dev Assumptions: the token has this registry as its payout registry. Safety: only the account, or the controller
/// that recovered it, changes its rules; nobody else can choose where its money goes, and the registry holds none.
/// A recovery is for a lost key, not for a stolen one: whoever holds the key can call it off. Liveness: an account
/// without rules needs nothing of this contract; with rules a claim makes one read here, which cannot fail.
interface IContributorRegistry {
    /// @notice What is set for an account; zero where nothing is.
    /// @param payout Where its rewards go; zero is the account itself.
    /// @param claimer Who may claim beside the account; zero is anyone.
    /// @param controller Who owns these rules since a recovery; zero is the account itself.
    /// @param recovery Who may start a recovery.
    /// @param readyAt When the recovery in progress may be finished, in seconds since 1970; zero is none in progress.
    struct Rules {
        address payout;
        address claimer;
        address controller;
        address recovery;
        uint64 readyAt;
    }

    /// @notice Rewards of `account` go to `payout` from now on.
    event PayoutSet(address indexed account, address indexed payout);
    /// @notice Rewards of `account` may be claimed by the account and `claimer`, or by anyone where it is zero.
    event ClaimerSet(address indexed account, address indexed claimer);
    /// @notice `recovery` may take over the rules of `account` after the delay; nobody may where it is zero.
    event RecoverySet(address indexed account, address indexed recovery);
    /// @notice A recovery began; it may be finished from `readyAt`. Until then only the account and its claimer claim.
    event RecoveryStarted(address indexed account, address indexed recovery, uint64 readyAt);
    /// @notice A recovery was called off.
    event RecoveryCancelled(address indexed account, address indexed recovery);
    /// @notice The rules of `account` belong to `controller` from now on.
    event RecoveryFinished(address indexed account, address indexed controller);

    /// @notice Thrown when the recovery delay is zero at construction.
    error ContributorRegistry_NoDelay();
    /// @notice Thrown when somebody else than the rules' owner, `controller`, changes them.
    error ContributorRegistry_NotController(address caller, address controller);
    /// @notice Thrown when rewards would go where nobody can take them out: the token, this registry, a distributor.
    error ContributorRegistry_InvalidPayout(address payout);
    /// @notice Thrown when the recovery address is the account itself or the owner of its rules.
    error ContributorRegistry_InvalidRecovery(address recovery);
    /// @notice Thrown when somebody else than the account's recovery address, `recovery`, starts a recovery.
    error ContributorRegistry_NotRecovery(address caller, address recovery);
    /// @notice Thrown when a recovery is already in progress until `readyAt`.
    error ContributorRegistry_RecoveryInProgress(address account, uint64 readyAt);
    /// @notice Thrown when there is no recovery to cancel or finish.
    error ContributorRegistry_NoRecovery(address account);
    /// @notice Thrown when a recovery is finished before its time.
    error ContributorRegistry_TooEarly(uint256 time, uint64 readyAt);

    /// @notice Sends the account's future rewards to `payout`. Zero or the account itself: to the account.
    /// @dev The payout's own rules are not followed: one hop only. Only the rules' owner.
    function setPayout(address account, address payout) external;

    /// @notice Lets only the account and `claimer` claim. The account itself: nobody else. Zero: anyone may.
    /// @dev Only the rules' owner.
    function setClaimer(address account, address claimer) external;

    /// @notice Names who may take over the rules when the key is lost; zero: nobody. Calls off a recovery in progress.
    /// @dev Only the rules' owner.
    function setRecovery(address account, address recovery) external;

    /// @notice Starts a recovery. Only the account's recovery address. Until it ends, strangers cannot claim, so that
    /// nobody can push the unclaimed rewards to the address whose key is lost.
    function startRecovery(address account) external;

    /// @notice Calls the recovery in progress off. Only the rules' owner.
    function cancelRecovery(address account) external;

    /// @notice Makes the recovery address the owner of the rules, after the delay. Anyone, so that no recovery stays
    /// open for ever. Rewards that went to the account itself go to the new owner; another payout stays as it was.
    function finishRecovery(address account) external;

    /// @notice Where the rewards of `account` go; never zero.
    function payoutOf(address account) external view returns (address);

    /// @notice Who may claim for `account` beside itself; zero: anyone, the account: nobody else.
    function claimerOf(address account) external view returns (address);

    /// @notice Where a reward of `account` goes when `caller` claims it; zero: `caller` may not claim it.
    /// @dev The one question that the token asks.
    function payoutFor(address account, address caller) external view returns (address);

    /// @notice Who owns the rules of `account`: itself, or who recovered it.
    function controllerOf(address account) external view returns (address);

    /// @notice All that is set for `account`, as stored.
    function rulesOf(address account) external view returns (Rules memory);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice How long a recovery takes, in seconds.
    function recoveryDelay() external view returns (uint64);
}
