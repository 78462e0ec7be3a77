// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Cheats} from "./Cheats.sol";
import {Invariants} from "./Invariants.sol";
import {ProtocolHandler} from "./ProtocolHandler.sol";

/// @notice One campaign: forge calls the handler's actions at random and checks every invariant on the way.
abstract contract Campaign is Invariants {
    /// @dev At least this many of 100 calls must succeed, or the invariants speak of a system in which nothing happens.
    uint256 private constant LEAST_SUCCESS_PERCENT = 90;
    Cheats private constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 private immutable _number;

    event log_named_uint(string key, uint256 value);
    event log_named_string(string key, string value);

    constructor(uint256 number) {
        _number = number;
    }

    function setUp() external {
        handler = new ProtocolHandler(_number);
    }

    /// @dev forge calls nothing but these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev All of them in one campaign: each as its own would take the same calls again.
    function invariant_protocol() external view {
        paidWithinReleasedWithinDeposited();
        vaultHoldsWhatIsReleasedAndUnpaid();
        escrowHoldsWhatIsDepositedAndUnreleased();
        paidNeverFalls();
        paidWithinAFinalLedger();
        balancesSumToSupply();
        votesAreDelegatedBalances();
        paymentsHoldDepositsAndWhatIsOwed();
        operatorSetHoldsBondsExitsAndRewards();
        stakingHoldsStakesExitsCreditsAndRewards();
        courtHoldsBondsContributionsAndCredits();
        slashesWithinTheCap();
        emissionsWithinBudgetAndVesting();
        emissionsHoldWhatIsReleasedAndNotFunded();
        claimsAreNeverBlocked();
        pausesEnd();
        honestPostsStand();
        liesAreProven();
        rootMovesOnlyByFinality();
        staleProofsPayNothing();
        claimsPayWhereTheRulesSay();
        payersLoseWhatTheySigned();
        powersMoveNoMoney();
        whatIsOwedCanBeTaken();
    }

    /// @dev After each run: adds it to what the campaign has done so far, so that the last run reports the whole.
    function afterInvariant() external {
        (uint256 attempted, uint256 succeeded) = _reportActions();
        emit log_named_uint("calls to the system", attempted);
        emit log_named_uint("successful", succeeded);
        uint256 percent = (succeeded * 100) / attempted;
        emit log_named_uint("successful, percent", percent);
        emit log_named_uint("calls that had to fail, and did", _sum("refusals", handler.refusals()));
        emit log_named_uint("final roots", _sum("finals", handler.finals()));
        emit log_named_uint("lies struck down", _sum("rejections", handler.rejections()));
        emit log_named_uint("claims paid", _sum("claims", handler.claims()));
        emit log_named_uint("proposals executed", _sum("executed", handler.executed()));
        emit log_named_uint("disputes resolved", _sum("resolved", handler.resolved()));
        if (percent < LEAST_SUCCESS_PERCENT) {
            revert Invariant_Broken("successful calls, percent", percent, LEAST_SUCCESS_PERCENT);
        }
    }

    function _reportActions() private returns (uint256 attempted, uint256 succeeded) {
        ProtocolHandler.Action[] memory actions = handler.actions();
        for (uint256 i = 0; i < actions.length; ++i) {
            (uint256 tried, uint256 done) = handler.countOf(actions[i].selector);
            tried = _sum(string.concat("tried ", actions[i].name), tried);
            done = _sum(string.concat("done ", actions[i].name), done);
            attempted += tried;
            succeeded += done;
            string memory value = string.concat(vm.toString(done), " of ", vm.toString(tried));
            emit log_named_string(actions[i].name, value);
        }
    }

    /// @dev Forge forgets all state between runs, but not the environment of its own process.
    function _sum(string memory key, uint256 value) private returns (uint256 sum) {
        key = string.concat("INVARIANTS ", vm.toString(_number), " ", key);
        sum = vm.envOr(key, uint256(0)) + value;
        vm.setEnv(key, vm.toString(sum));
    }
}

contract FirstCampaign is Campaign(1) {}

contract SecondCampaign is Campaign(2) {}
