// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CumulativeMerkle} from "../../contracts/libraries/CumulativeMerkle.sol";

/// @notice The whole ledger tree, built level by level as an oracle would: the contracts only ever see roots and proofs.
library LedgerTree {
    struct Entry {
        address account;
        uint128 cumulative;
        uint128 prefix;
    }

    function entries(
        address[] memory accounts,
        uint128[] memory cumulatives
    ) internal pure returns (Entry[] memory list, uint128 sum) {
        list = new Entry[](cumulatives.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = Entry(accounts[i], cumulatives[i], sum);
            sum += cumulatives[i];
        }
    }

    function root(bytes32 domain, Entry[] memory list) internal pure returns (bytes24) {
        bytes24[] memory level = _leaves(domain, list);
        while (level.length > 1) level = _parents(level);
        return level[0];
    }

    function proof(
        bytes32 domain,
        Entry[] memory list,
        uint256 index
    ) internal pure returns (bytes memory siblings) {
        bytes24[] memory level = _leaves(domain, list);
        for (; level.length > 1; index >>= 1) {
            siblings = abi.encodePacked(siblings, level[index ^ 1]);
            level = _parents(level);
        }
    }

    function _leaves(bytes32 domain, Entry[] memory list) private pure returns (bytes24[] memory leaves) {
        uint256 width = 1;
        while (width < list.length) width <<= 1;
        leaves = new bytes24[](width);
        for (uint256 i = 0; i < list.length; ++i) {
            Entry memory entry = list[i];
            leaves[i] = CumulativeMerkle.ledgerLeaf(domain, entry.account, entry.cumulative, entry.prefix);
        }
    }

    function _parents(bytes24[] memory level) private pure returns (bytes24[] memory parents) {
        parents = new bytes24[](level.length / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            (bytes24 left, bytes24 right) = (level[2 * i], level[2 * i + 1]);
            if (left | right != 0) parents[i] = bytes24(keccak256(abi.encodePacked(left, right)));
        }
    }
}
