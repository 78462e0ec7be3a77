// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {World} from "./World.sol";
import {CourtRoom} from "./rooms/CourtRoom.sol";
import {EmissionsRoom} from "./rooms/EmissionsRoom.sol";
import {GovernanceRoom} from "./rooms/GovernanceRoom.sol";
import {IntrudersRoom} from "./rooms/IntrudersRoom.sol";
import {PaymentsRoom} from "./rooms/PaymentsRoom.sol";
import {RegistryRoom} from "./rooms/RegistryRoom.sol";
import {TokenRoom} from "./rooms/TokenRoom.sol";

/// @notice Every action that forge may take, in any order. A call that the system refuses counts as attempted only; the
/// handler itself never reverts, so a revert is a fault of the handler.
contract ProtocolHandler is TokenRoom, RegistryRoom, PaymentsRoom, CourtRoom, GovernanceRoom, IntrudersRoom {
    struct Action {
        string name;
        bytes4 selector;
    }

    constructor(uint256 salt) World(salt) {}

    /// @notice All actions, with their names.
    function actions() external pure returns (Action[] memory list) {
        list = new Action[](39);
        uint256 n;
        list[n++] = Action("transfer", this.transfer.selector);
        list[n++] = Action("burn", this.burn.selector);
        list[n++] = Action("delegate", this.delegate.selector);
        list[n++] = Action("contribute", this.contribute.selector);
        list[n++] = Action("setRules", this.setRules.selector);
        list[n++] = Action("recover", this.recover.selector);
        list[n++] = Action("stake", this.stake.selector);
        list[n++] = Action("leaveStake", this.leaveStake.selector);
        list[n++] = Action("collectStake", this.collectStake.selector);
        list[n++] = Action("deposit", this.deposit.selector);
        list[n++] = Action("withdrawDeposit", this.withdrawDeposit.selector);
        list[n++] = Action("redeem", this.redeem.selector);
        list[n++] = Action("redeemBatch", this.redeemBatch.selector);
        list[n++] = Action("payDirect", this.payDirect.selector);
        list[n++] = Action("payWithAuthorization", this.payWithAuthorization.selector);
        list[n++] = Action("collectFees", this.collectFees.selector);
        list[n++] = Action("collectParts", this.collectParts.selector);
        list[n++] = Action("emitRewards", this.emitRewards.selector);
        list[n++] = Action("fundAccrued", this.fundAccrued.selector);
        list[n++] = Action("reportFees", this.reportFees.selector);
        list[n++] = Action("fund", this.fund.selector);
        list[n++] = Action("bond", this.bond.selector);
        list[n++] = Action("leave", this.leave.selector);
        list[n++] = Action("settleSlash", this.settleSlash.selector);
        list[n++] = Action("collectBounty", this.collectBounty.selector);
        list[n++] = Action("post", this.post.selector);
        list[n++] = Action("challenge", this.challenge.selector);
        list[n++] = Action("finalize", this.finalize.selector);
        list[n++] = Action("demandPage", this.demandPage.selector);
        list[n++] = Action("answerDemands", this.answerDemands.selector);
        list[n++] = Action("claim", this.claim.selector);
        list[n++] = Action("claimBatch", this.claimBatch.selector);
        list[n++] = Action("pauseClaims", this.pauseClaims.selector);
        list[n++] = Action("resumeClaims", this.resumeClaims.selector);
        list[n++] = Action("cancelPending", this.cancelPending.selector);
        list[n++] = Action("openDispute", this.openDispute.selector);
        list[n++] = Action("moveDispute", this.moveDispute.selector);
        list[n++] = Action("collectFromCourt", this.collectFromCourt.selector);
        list[n++] = Action("govern", this.govern.selector);
    }
}
