// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDisputeCourt} from "../interfaces/IDisputeCourt.sol";

/// @title AppealFunding
/// @notice The arithmetic of the court's crowdfunded appeals: what a side needs, and what a contribution comes to. See
/// {IDisputeCourt}. It holds the contributions and moves no tokens.
abstract contract AppealFunding is IDisputeCourt {
    uint128 private constant FAVOURED_STAKES = 1;
    uint128 private constant OTHER_STAKES = 2;
    /// @dev Of the favoured side's stake, one part in so many is burned when an appeal is made.
    uint128 private constant BURNED_PART = 2;

    mapping(uint256 disputeId => mapping(uint8 appeal => Round)) internal _rounds;

    /// @inheritdoc IDisputeCourt
    mapping(uint256 disputeId => mapping(uint8 appeal => mapping(Ruling side => mapping(address => uint128))))
        public contributionOf;

    /// @inheritdoc IDisputeCourt
    function roundOf(uint256 disputeId, uint8 appeal) external view returns (Round memory) {
        return _rounds[disputeId][appeal];
    }

    /// @dev Books a contribution of at most `amount`, and says what of it was needed.
    function _contribute(
        uint256 disputeId,
        uint8 appeal,
        Ruling side,
        Ruling ruling,
        uint128 amount
    ) internal returns (uint128 paid) {
        Round storage round = _rounds[disputeId][appeal];
        uint128 needed = _needed(round, side, ruling);
        paid = amount < needed ? amount : needed;
        if (paid == 0) revert DisputeCourt_NothingToFund(disputeId, side);
        if (side == Ruling.Upheld) round.upheldPaid += paid;
        else round.dismissedPaid += paid;
        contributionOf[disputeId][appeal][side][msg.sender] += paid;
        emit AppealFunded(disputeId, appeal, side, msg.sender, paid);
    }

    /// @dev Takes a contribution out of its round and says what it came to. Shares are taken from what is left, so that
    /// the last one gets the rest to the wei.
    /// @param made Whether the appeal was made; else everybody gets back what it paid.
    function _settle(
        uint256 disputeId,
        uint8 appeal,
        Ruling side,
        address contributor,
        bool made,
        Ruling ruling
    ) internal returns (uint128 amount) {
        // Check
        Round storage round = _rounds[disputeId][appeal];
        uint128 contribution = contributionOf[disputeId][appeal][side][contributor];
        bool shared = !made || ruling == Ruling.Refused;
        if (contribution == 0 || !(shared || side == ruling)) {
            revert DisputeCourt_NothingToClaim(disputeId, contributor);
        }

        // Effect
        uint128 weight = round.upheldPaid + round.dismissedPaid;
        uint128 pot = made ? weight - round.cost - _burnedOf(round) : weight;
        if (!shared) weight = _paid(round, ruling);
        amount = uint128((uint256(pot - round.claimed) * contribution) / (weight - round.claimedWeight));
        round.claimed += amount;
        round.claimedWeight += contribution;
        delete contributionOf[disputeId][appeal][side][contributor];
        emit ContributionClaimed(disputeId, appeal, side, contributor, amount);
    }

    /// @dev What a side needs in all is the cost, and the stake once or twice.
    function _needed(Round storage round, Ruling side, Ruling ruling) internal view returns (uint128) {
        bool favoured = side == ruling || ruling == Ruling.Refused;
        uint128 stakes = favoured ? FAVOURED_STAKES : OTHER_STAKES;
        return round.cost + stakes * round.stake - _paid(round, side);
    }

    function _isFunded(Round storage round, Ruling ruling) internal view returns (bool) {
        return _needed(round, Ruling.Upheld, ruling) == 0 && _needed(round, Ruling.Dismissed, ruling) == 0;
    }

    /// @dev What an appeal burns, besides its cost: the price of the delay, whoever pays for both sides.
    function _burnedOf(Round storage round) internal view returns (uint128) {
        return round.stake / BURNED_PART;
    }

    function _paid(Round storage round, Ruling side) private view returns (uint128) {
        return side == Ruling.Upheld ? round.upheldPaid : round.dismissedPaid;
    }
}
