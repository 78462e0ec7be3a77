// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProtocolHandler} from "./ProtocolHandler.sol";

/// @notice What holds of the money after any sequence of calls, whatever roots were posted and became final.
contract MoneyInvariants {
    error Invariant_Broken(string what, uint256 got, uint256 bound);

    /// @dev At least this many of 100 calls must succeed, or the invariants speak of a system in which nothing happens.
    uint256 private constant LEAST_SUCCESS_PERCENT = 50;

    ProtocolHandler private handler;

    event log_named_uint(string key, uint256 value);

    function setUp() external {
        handler = new ProtocolHandler();
    }

    /// @dev forge calls nothing but these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_paidWithinReleasedWithinDeposited() external view {
        uint256 paid = handler.sumOfPaid();
        uint256 released = handler.escrow().totalReleased();
        _atMost("paid within released", paid, released);
        _atMost("released within deposited", released, handler.escrow().totalFunded());
    }

    function invariant_paidNeverFalls() external view {
        if (handler.paidFell()) revert Invariant_Broken("paid fell", 1, 0);
    }

    function invariant_vaultHoldsWhatIsReleasedAndUnpaid() external view {
        uint256 left = handler.escrow().totalReleased() - handler.sumOfPaid();
        _equal("vault balance", handler.token().balanceOf(address(handler.vault())), left);
    }

    function invariant_escrowHoldsWhatIsDepositedAndUnreleased() external view {
        uint256 left = handler.escrow().totalFunded() - handler.escrow().totalReleased();
        _equal("escrow balance", handler.token().balanceOf(address(handler.escrow())), left);
    }

    function invariant_paymentsHoldDepositsAndWhatIsOwed() external view {
        _equal(
            "payments balance",
            handler.token().balanceOf(address(handler.payments())),
            handler.feesHeld()
        );
    }

    function invariant_operatorSetHoldsBondsAndRewards() external view {
        _equal(
            "operator set balance",
            handler.token().balanceOf(address(handler.operators())),
            handler.bondsHeld()
        );
    }

    function invariant_balancesSumToSupply() external view {
        _equal("sum of balances", handler.sumOfBalances(), handler.token().totalSupply());
    }

    function invariant_noHonestRootFallsAndNoOldProofPays() external view {
        if (handler.wronged()) revert Invariant_Broken("an honest party was wronged", 1, 0);
    }

    /// @dev Once after each run: how much of it really happened.
    function afterInvariant() external {
        uint256 percent = (handler.succeeded() * 100) / handler.attempted();
        emit log_named_uint("calls to the system", handler.attempted());
        emit log_named_uint("successful, percent", percent);
        emit log_named_uint("final roots", handler.finals());
        emit log_named_uint("lies struck down", handler.rejections());
        emit log_named_uint("claims paid", handler.claims());
        if (percent < LEAST_SUCCESS_PERCENT) {
            revert Invariant_Broken("successful calls, percent", percent, LEAST_SUCCESS_PERCENT);
        }
    }

    function _atMost(string memory what, uint256 got, uint256 bound) private pure {
        if (got > bound) revert Invariant_Broken(what, got, bound);
    }

    function _equal(string memory what, uint256 got, uint256 bound) private pure {
        if (got != bound) revert Invariant_Broken(what, got, bound);
    }
}
