// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title AccountingCore
/// @notice The arithmetic of the money, and nothing else, for a proof over every sequence of calls of any length:
/// RewardEscrow.fund and .release, AttributionOracle.post and .finalize, RewardVault.claim and OpenToken.payCumulative.
/// @dev Hashes, proofs and signatures are abstracted: any total may be posted and any cumulative claimed, so what is
/// proven does not rest on an honest oracle. Tokens of the escrow and the vault are what the token's checked debit lets
/// out. Every statement names the line of the contracts that it stands for.
contract AccountingCore {
    /// @dev RewardEscrow.totals()
    uint128 internal funded;
    uint128 internal released;
    /// @dev token.balanceOf(escrow), token.balanceOf(vault)
    uint128 internal escrowBalance;
    uint128 internal vaultBalance;
    /// @dev All that payCumulative ever sent, and the counter of each account.
    uint128 internal paidOut;
    mapping(address account => uint128) internal paid;
    /// @dev AttributionOracle: the pending total, and whether there is one.
    uint128 internal pendingTotal;
    bool internal isPending;

    uint128 internal constant SUPPLY = 1_000_000_000e18;

    function fund(uint128 amount) external {
        // The token has no more than its supply to give.
        if (amount > SUPPLY - escrowBalance - vaultBalance - paidOut) revert();
        funded += amount;
        escrowBalance += amount;
    }

    function post(uint128 total) external {
        if (isPending) revert();
        if (total < released) revert();
        if (total > funded) revert();
        pendingTotal = total;
        isPending = true;
    }

    function reject() external {
        isPending = false;
    }

    function finalize() external {
        if (!isPending) revert();
        isPending = false;
        _release(pendingTotal);
    }

    function claim(address account, uint128 cumulative) external {
        uint128 before = paid[account];
        if (cumulative <= before) revert();
        uint128 amount = cumulative - before;
        if (vaultBalance < amount) revert();
        vaultBalance -= amount;
        paid[account] = cumulative;
        paidOut += amount;
        assert(paid[account] > before);
    }

    /// @notice Holds after every call.
    function check() external view {
        assert(paidOut <= released);
        assert(released <= funded);
        assert(funded == escrowBalance + released);
        assert(released == vaultBalance + paidOut);
    }

    function _release(uint128 newTotal) internal virtual {
        uint128 before = released;
        if (newTotal < before) revert();
        if (newTotal > funded) revert();
        uint128 amount = newTotal - before;
        released = newTotal;
        escrowBalance -= amount;
        vaultBalance += amount;
    }
}

/// @notice The same with one line missing: a release is not held against what was funded, and pays its total again.
/// @dev The prover must refuse it, or its silence about the other means nothing.
contract PlantedBug is AccountingCore {
    function _release(uint128 newTotal) internal override {
        released = newTotal;
        vaultBalance += newTotal;
    }
}
