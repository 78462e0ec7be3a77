// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IContributorRegistry} from "../interfaces/IContributorRegistry.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";

/// @title ContributorRegistry
/// @notice See {IContributorRegistry}.
contract ContributorRegistry is IContributorRegistry {
    /// @inheritdoc IContributorRegistry
    IOpenToken public immutable token;
    /// @inheritdoc IContributorRegistry
    uint64 public immutable recoveryDelay;

    mapping(address account => Rules) private _rules;

    constructor(IOpenToken token_, uint64 recoveryDelay_) {
        if (recoveryDelay_ == 0) revert ContributorRegistry_NoDelay();
        token = token_;
        recoveryDelay = recoveryDelay_;
    }

    /// @inheritdoc IContributorRegistry
    function setPayout(address account, address payout) external {
        // Check
        Rules storage rules = _ownedRules(account);
        address stored = payout == account ? address(0) : payout;
        _requirePayable(stored);

        // Effect
        rules.payout = stored;
        emit PayoutSet(account, stored == address(0) ? account : stored);

        // Interaction
        _setFlags(account, rules);
    }

    /// @inheritdoc IContributorRegistry
    function setClaimer(address account, address claimer) external {
        Rules storage rules = _ownedRules(account);
        rules.claimer = claimer;
        emit ClaimerSet(account, claimer);
        _setFlags(account, rules);
    }

    /// @inheritdoc IContributorRegistry
    function setRecovery(address account, address recovery) external {
        // Check
        Rules storage rules = _ownedRules(account);
        if (recovery == account || recovery == msg.sender)
            revert ContributorRegistry_InvalidRecovery(recovery);

        // Effect and interaction
        if (rules.readyAt != 0) _cancelRecovery(account, rules);
        rules.recovery = recovery;
        emit RecoverySet(account, recovery);
    }

    /// @inheritdoc IContributorRegistry
    function startRecovery(address account) external {
        // Check
        Rules storage rules = _rules[account];
        if (msg.sender != rules.recovery) revert ContributorRegistry_NotRecovery(msg.sender, rules.recovery);
        if (rules.readyAt != 0) revert ContributorRegistry_RecoveryInProgress(account, rules.readyAt);

        // Effect
        uint64 readyAt = uint64(block.timestamp) + recoveryDelay;
        rules.readyAt = readyAt;
        emit RecoveryStarted(account, msg.sender, readyAt);

        // Interaction
        _setFlags(account, rules);
    }

    /// @inheritdoc IContributorRegistry
    function cancelRecovery(address account) external {
        Rules storage rules = _ownedRules(account);
        if (rules.readyAt == 0) revert ContributorRegistry_NoRecovery(account);
        _cancelRecovery(account, rules);
    }

    /// @inheritdoc IContributorRegistry
    function finishRecovery(address account) external {
        // Check
        Rules storage rules = _rules[account];
        (address recovery, uint64 readyAt) = (rules.recovery, rules.readyAt);
        if (readyAt == 0) revert ContributorRegistry_NoRecovery(account);
        if (block.timestamp < readyAt) revert ContributorRegistry_TooEarly(block.timestamp, readyAt);
        address payout = payoutOf(account);
        bool redirected = payout == account || payout == controllerOf(account);
        if (redirected) _requirePayable(recovery);

        // Effect
        (rules.controller, rules.recovery, rules.readyAt) = (recovery, address(0), 0);
        emit RecoveryFinished(account, recovery);
        // In the same transaction: a claim right after this one must not pay the address whose key is lost.
        if (redirected) {
            rules.payout = recovery;
            emit PayoutSet(account, recovery);
        }

        // Interaction
        _setFlags(account, rules);
    }

    /// @inheritdoc IContributorRegistry
    function payoutFor(address account, address caller) external view returns (address) {
        address claimer = claimerOf(account);
        bool allowed = claimer == address(0) || caller == claimer || caller == account;
        return allowed ? payoutOf(account) : address(0);
    }

    /// @inheritdoc IContributorRegistry
    function rulesOf(address account) external view returns (Rules memory) {
        return _rules[account];
    }

    /// @inheritdoc IContributorRegistry
    function claimerOf(address account) public view returns (address) {
        Rules storage rules = _rules[account];
        address claimer = rules.claimer;
        return claimer == address(0) && rules.readyAt != 0 ? account : claimer;
    }

    /// @inheritdoc IContributorRegistry
    function payoutOf(address account) public view returns (address) {
        address payout = _rules[account].payout;
        return payout == address(0) ? account : payout;
    }

    /// @inheritdoc IContributorRegistry
    function controllerOf(address account) public view returns (address) {
        address controller = _rules[account].controller;
        return controller == address(0) ? account : controller;
    }

    function _cancelRecovery(address account, Rules storage rules) private {
        rules.readyAt = 0;
        emit RecoveryCancelled(account, rules.recovery);
        _setFlags(account, rules);
    }

    /// @dev The token asks here only for accounts that have a flag.
    function _setFlags(address account, Rules storage rules) private {
        bool guarded = rules.claimer != address(0) || rules.readyAt != 0;
        token.setPayoutFlags(account, rules.payout != address(0), guarded);
    }

    function _requirePayable(address payout) private view {
        if (payout == address(token) || payout == address(this) || token.isDistributor(payout)) {
            revert ContributorRegistry_InvalidPayout(payout);
        }
    }

    function _ownedRules(address account) private view returns (Rules storage) {
        address controller = controllerOf(account);
        if (msg.sender != controller) revert ContributorRegistry_NotController(msg.sender, controller);
        return _rules[account];
    }
}
