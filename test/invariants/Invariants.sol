// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProtocolHandler} from "./ProtocolHandler.sol";
import {World} from "./World.sol";

/// @notice What holds of the protocol after any sequence of calls, whatever was posted, paid, disputed or voted. The
/// README cites the numbers.
abstract contract Invariants {
    error Invariant_Broken(string what, uint256 got, uint256 bound);

    ProtocolHandler internal handler;

    // I1
    function paidWithinReleasedWithinDeposited() public view {
        uint256 released = handler.escrow().totalReleased();
        _atMost("I1 paid within released", handler.sumOfPaid(), released);
        _atMost("I1 released within deposited", released, handler.escrow().totalFunded());
    }

    // I2
    function vaultHoldsWhatIsReleasedAndUnpaid() public view {
        uint256 left = handler.escrow().totalReleased() - handler.sumOfPaid();
        _equal("I2 vault balance", _balance(address(handler.vault())), left);
    }

    // I3
    function escrowHoldsWhatIsDepositedAndUnreleased() public view {
        uint256 left = handler.escrow().totalFunded() - handler.escrow().totalReleased();
        _equal("I3 escrow balance", _balance(address(handler.escrow())), left);
    }

    // I4
    function paidNeverFalls() public view {
        _never("I4 paid fell", World.Wrong.PaidFell);
    }

    // I5
    function paidWithinAFinalLedger() public view {
        for (uint256 i = 0; i < handler.CONTRIBUTORS(); ++i) {
            (uint256 paid, uint256 entitled) = handler.paidAndEntitled(i);
            _atMost("I5 paid within a final ledger", paid, entitled);
        }
    }

    // I6
    function balancesSumToSupply() public view {
        _equal("I6 sum of balances", handler.sumOfBalances(), handler.token().totalSupply());
    }

    // I7
    function votesAreDelegatedBalances() public view {
        for (uint256 i = 0; i < handler.CONTRIBUTORS(); ++i) {
            (uint256 votes, uint256 balances) = handler.votesOf(i);
            _equal("I7 votes", votes, balances);
        }
        (uint256 founders, uint256 held) = handler.founderVotes();
        _equal("I7 votes of the founder", founders, held);
    }

    // I8: each part of a model is a floor, and so are the two parts of all models together.
    function paymentsHoldDepositsAndWhatIsOwed() public view {
        uint256 dust = 2 * uint256(handler.MODELS()) + 2;
        _dust("I8 payments balance", _balance(address(handler.payments())), handler.feesHeld(), dust);
    }

    // I9
    function operatorSetHoldsBondsExitsAndRewards() public view {
        _equal("I9 operator set balance", _balance(address(handler.operators())), handler.bondsHeld());
    }

    // I10: each account's reward is rounded down, and so is what is carried.
    function stakingHoldsStakesExitsCreditsAndRewards() public view {
        uint256 dust = handler.CONTRIBUTORS() + 1;
        _dust("I10 staking balance", _balance(address(handler.staking())), handler.stakesHeld(), dust);
    }

    // I11
    function courtHoldsBondsContributionsAndCredits() public view {
        _equal("I11 court balance", _balance(address(handler.court())), handler.disputesHeld());
    }

    // I12
    function slashesWithinTheCap() public view {
        (uint256 slashed, uint256 cap) = handler.slashedAndCap();
        _atMost("I12 slashed in an epoch", slashed, cap);
    }

    // I13
    function emissionsWithinBudgetAndVesting() public view {
        _atMost("I13 emitted within budgets", handler.emitted(), handler.budgeted());
        _atMost("I13 emitted within what vested", handler.emitted(), handler.vested());
    }

    // I14
    function emissionsHoldWhatIsReleasedAndNotFunded() public view {
        uint256 left = handler.vestingReleased() - handler.emissionsFunded();
        _equal("I14 controller balance", _balance(address(handler.emissions())), left);
        _equal("I14 accrued", handler.sumOfAccrued(), handler.emissions().totalAccrued());
        _atMost("I14 accrued within balance", handler.sumOfAccrued(), left);
    }

    // I15
    function claimsAreNeverBlocked() public view {
        _never("I15 claim blocked", World.Wrong.ClaimBlocked);
    }

    // I16
    function pausesEnd() public view {
        _never("I16 pause stuck", World.Wrong.PauseStuck);
    }

    // I17
    function honestPostsStand() public view {
        _never("I17 honest post stopped", World.Wrong.HonestPostRejected);
        _atMost("I17 honest operator slashed", handler.honestSlashed() ? 1 : 0, 0);
    }

    // I18
    function liesAreProven() public view {
        _equal("I18 lie not proven", uint256(handler.unproven()), 0);
        _never("I18 lie not proven", World.Wrong.LieNotProven);
    }

    // I19
    function rootMovesOnlyByFinality() public view {
        _never("I19 root moved", World.Wrong.RootMoved);
        (bytes24 expected, bytes24 got, bool paused) = handler.roots();
        bytes24 bound = paused ? bytes24(0) : expected;
        _equal("I19 root", uint192(got), uint192(bound));
        _equal("I19 final total", handler.escrow().totalReleased(), handler.finalTotal());
    }

    // I20
    function staleProofsPayNothing() public view {
        _never("I20 stale claim paid", World.Wrong.StaleClaimPaid);
    }

    // I21
    function claimsPayWhereTheRulesSay() public view {
        _never("I21 claim misdirected", World.Wrong.Misdirected);
    }

    // I22
    function payersLoseWhatTheySigned() public view {
        _never("I22 payer overcharged", World.Wrong.PayerOvercharged);
        uint256 spent;
        for (uint256 i = 0; i < handler.PAYERS(); ++i) {
            _atMost("I22 spent within signed", handler.spentBy(i), handler.signedBy(i));
            spent += handler.spentBy(i);
        }
        _equal("I22 revenue", handler.revenue(), spent);
        uint256 protocol = handler.protocolCollected();
        _equal("I22 treasury", _balance(handler.treasury()), protocol);
    }

    // I23
    function powersMoveNoMoney() public view {
        _never("I23 guardian moved money", World.Wrong.GuardianMovedMoney);
        _never("I23 intruded", World.Wrong.Intruded);
    }

    // I24
    function whatIsOwedCanBeTaken() public view {
        _never("I24 exit blocked", World.Wrong.ExitBlocked);
        _never("I24 credit blocked", World.Wrong.CreditBlocked);
    }

    function _balance(address account) private view returns (uint256) {
        return handler.token().balanceOf(account);
    }

    function _never(string memory what, World.Wrong wrong) private view {
        if (handler.happened(wrong)) revert Invariant_Broken(what, 1, 0);
    }

    function _dust(string memory what, uint256 got, uint256 owed, uint256 dust) private pure {
        if (got < owed || got > owed + dust) revert Invariant_Broken(what, got, owed);
    }

    function _atMost(string memory what, uint256 got, uint256 bound) internal pure {
        if (got > bound) revert Invariant_Broken(what, got, bound);
    }

    function _equal(string memory what, uint256 got, uint256 bound) private pure {
        if (got != bound) revert Invariant_Broken(what, got, bound);
    }
}
