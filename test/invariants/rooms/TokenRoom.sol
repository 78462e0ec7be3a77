// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {World} from "../World.sol";

/// @notice Transfers, burns and delegation by contributors.
abstract contract TokenRoom is World {
    function transfer(uint256 seed) external watched {
        seed = _mix(seed);
        address from = _contributor(seed);
        address to = (seed >> 8) % 4 == 0 ? founder : _contributor(seed >> 16);
        uint256 amount = (seed >> 32) % (token.balanceOf(from) / 20 + 1);
        _try(from, address(token), abi.encodeCall(token.transfer, (to, amount)));
    }

    function burn(uint256 seed) external watched {
        seed = _mix(seed);
        address from = _contributor(seed);
        uint256 amount = (seed >> 32) % (token.balanceOf(from) / 100 + 1);
        _try(from, address(token), abi.encodeCall(token.burn, (amount)));
    }

    function delegate(uint256 seed) external watched {
        seed = _mix(seed);
        address to = (seed >> 8) % 4 == 0 ? address(0) : _contributor(seed >> 16);
        _try(_contributor(seed), address(token), abi.encodeCall(token.delegate, (to)));
    }

    /// @notice A contributor's votes, and the balances of those who delegated to it.
    function votesOf(uint256 index) external view returns (uint256 votes, uint256 balances) {
        address account = _contributors[index];
        votes = token.getVotes(account);
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) {
            if (token.delegates(_contributors[i]) == account) balances += token.balanceOf(_contributors[i]);
        }
    }

    /// @notice Likewise of the founder, who votes with all it has.
    function founderVotes() external view returns (uint256 votes, uint256 balances) {
        return (token.getVotes(founder), token.balanceOf(founder));
    }

    /// @notice The balances of everybody who can have a token, in wei.
    function sumOfBalances() external view returns (uint256 sum) {
        for (uint256 i = 0; i < _holders.length; ++i) sum += token.balanceOf(_holders[i]);
    }

    /// @notice Everything that was ever paid out of the vault, in wei.
    function sumOfPaid() external view returns (uint256 sum) {
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) sum += token.paid(_contributors[i]);
    }
}
