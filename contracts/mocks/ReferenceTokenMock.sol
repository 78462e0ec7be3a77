// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ERC6372Utils} from "@openzeppelin/contracts/utils/ERC6372Utils.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

/// @title ReferenceTokenMock
/// @notice OpenZeppelin's own token with the standards of OPEN, for tests that compare the two.
contract ReferenceTokenMock is ERC20Permit, ERC20Votes, ERC20Burnable, ERC3009 {
    /// @notice Whether votes are counted in blocks instead of seconds.
    bool public immutable countsBlocks;

    constructor(
        address holder,
        uint256 supply,
        bool countsBlocks_
    ) ERC20("Open Datanets", "OPEN") ERC20Permit("Open Datanets") {
        countsBlocks = countsBlocks_;
        _mint(holder, supply);
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function clock() public view override returns (uint48) {
        return countsBlocks ? Time.blockNumber() : Time.timestamp();
    }

    function CLOCK_MODE() public view override returns (string memory) {
        return
            countsBlocks ? ERC6372Utils.blockNumberClockMode(clock) : ERC6372Utils.timestampClockMode(clock);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
