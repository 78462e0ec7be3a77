// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPostedTrees} from "../../../contracts/interfaces/IPostedTrees.sol";
import {EpochTrees} from "../EpochTrees.sol";
import {EpochsRoom} from "./EpochsRoom.sol";

/// @notice Claims against the last final root, whatever is pending, demanded or disputed; and the guardian's powers.
abstract contract ClaimsRoom is EpochsRoom {
    /// @notice One at a time, in either encoding; the payment must go where the account's rules say.
    function claim(uint256 seed) external watched {
        seed = _mix(seed);
        EpochTrees.Trees memory trees = _treesOf(_last);
        (bool found, uint256 index) = _due(seed, trees);
        if (!found) return;
        IPostedTrees.LedgerLeaf memory leaf = EpochTrees.showLedger(_domains, trees, index);
        bytes memory data = seed % 2 == 0 ? _packedClaim(leaf) : _claim(leaf);
        if (_isPaused()) return _mustNot(Wrong.StaleClaimPaid, challenger, address(vault), data);
        address caller = contributorRules.claimerOf(leaf.account);
        if (caller != address(0)) _mustNot(Wrong.Misdirected, challenger, address(vault), data);
        else caller = challenger;
        address payout = contributorRules.payoutOf(leaf.account);
        uint256 expected = token.balanceOf(payout) + leaf.cumulative - token.paid(leaf.account);
        if (poisoned) {
            _try(caller, address(vault), data);
            return;
        }
        _must(Wrong.ClaimBlocked, caller, address(vault), data);
        if (token.balanceOf(payout) != expected) _wrong(Wrong.Misdirected);
        ++claims;
    }

    /// @notice The whole ledger, or an aligned pair, at once: who is not guarded has all of it afterwards.
    function claimBatch(uint256 seed) external watched {
        seed = _mix(seed);
        EpochTrees.Trees memory trees = _treesOf(_last);
        (bool found, uint256 index) = _due(seed, trees);
        if (!found) return;
        (uint256 from, uint256 to) = (0, trees.ledger.length);
        bytes memory proof;
        if (seed % 2 == 0 && (index | 1) < to) {
            (from, to) = (index & ~uint256(1), (index | 1) + 1);
            proof = _proofOfPair(EpochTrees.proof(EpochTrees.ledgerNodes(_domains, trees), from));
        }
        bytes memory entries;
        for (uint256 i = from; i < to; ++i) {
            entries = abi.encodePacked(entries, trees.ledger[i].account, trees.ledger[i].cumulative);
        }
        uint128 prefix = trees.ledger[from].prefix;
        bytes memory data = abi.encodeCall(vault.claimBatch, (uint32(from), prefix, entries, proof));
        if (_isPaused()) return _mustNot(Wrong.StaleClaimPaid, challenger, address(vault), data);
        _must(Wrong.ClaimBlocked, challenger, address(vault), data);
        if (poisoned) return;
        for (uint256 i = from; i < to; ++i) {
            IPostedTrees.LedgerLeaf memory leaf = trees.ledger[i];
            bool guarded = contributorRules.claimerOf(leaf.account) != address(0);
            if (!guarded && token.paid(leaf.account) < leaf.cumulative) _wrong(Wrong.ClaimBlocked);
        }
        ++claims;
    }

    /// @notice Proofs for an older root, and for a root that is only posted, pay nothing.
    function claimStale(uint256 seed) external watched {
        seed = _mix(seed);
        bool old = seed % 2 == 0;
        Epoch storage epoch = old ? _older : _pending;
        EpochTrees.Trees memory trees = _treesOf(epoch);
        if (trees.ledger.length == 0 || epoch.post.ledgerRoot == _last.post.ledgerRoot) return;
        IPostedTrees.LedgerLeaf memory leaf = EpochTrees.showLedger(
            _domains,
            trees,
            (seed >> 8) % trees.ledger.length
        );
        _mustNot(Wrong.StaleClaimPaid, leaf.account, address(vault), _claim(leaf));
    }

    function pauseClaims() external watched {
        (, uint64 pausableAt, ) = oracle.guardianLimits();
        bytes memory data = abi.encodeCall(oracle.pauseClaims, ());
        if (block.timestamp < pausableAt) {
            return _mustNot(Wrong.GuardianMovedMoney, guardian, address(oracle), data);
        }
        bytes32 before = _balances();
        _rootMayMove();
        _try(guardian, address(oracle), data);
        (uint64 until, , ) = oracle.guardianLimits();
        if (until > block.timestamp + 3 days) _wrong(Wrong.PauseStuck);
        if (_balances() != before) _wrong(Wrong.GuardianMovedMoney);
    }

    /// @notice By the guardian at any time, by anyone once three days are over.
    function resumeClaims(uint256 seed) external watched {
        seed = _mix(seed);
        if (!_isPaused()) return;
        (uint64 until, , ) = oracle.guardianLimits();
        bytes memory data = abi.encodeCall(oracle.resumeClaims, (_last.post));
        bytes32 before = _balances();
        address caller = guardian;
        if (seed % 3 != 0) {
            caller = challenger;
            if (block.timestamp < until) _mustNot(Wrong.Intruded, caller, address(oracle), data);
            if (block.timestamp < until) _pass(until - block.timestamp);
        }
        if (_balances() != before) before = _balances();
        _rootMayMove();
        _must(Wrong.PauseStuck, caller, address(oracle), data);
        if (_isPaused()) _wrong(Wrong.PauseStuck);
        if (_balances() != before) _wrong(Wrong.GuardianMovedMoney);
    }

    /// @notice The guardian drops a post; then not again before the next one had its time.
    function cancelPending(uint256 seed) external watched {
        (, , uint64 cancellableAt) = oracle.guardianLimits();
        bytes memory data = abi.encodeCall(oracle.cancelPending, ());
        if (_pending.post.epoch == 0 || block.timestamp < cancellableAt) {
            return _mustNot(Wrong.GuardianMovedMoney, guardian, address(oracle), data);
        }
        if (_mix(seed) % 3 != 0) return;
        bytes32 before = _balances();
        _try(guardian, address(oracle), data);
        if (_balances() != before) _wrong(Wrong.GuardianMovedMoney);
        _forgetPending();
    }

    /// @notice What was paid to a contributor, and the most that it had in any final ledger, in wei.
    function paidAndEntitled(uint256 index) external view returns (uint256, uint256) {
        return (token.paid(_contributors[index]), entitled[_contributors[index]]);
    }

    /// @notice What the last final root says, and what the vault has; the vault's is zero while claims are paused.
    function roots() external view returns (bytes24 expected, bytes24 got, bool paused) {
        (got, , ) = vault.root();
        return (_last.post.ledgerRoot, got, _isPaused());
    }

    /// @notice The total of the last final post, in wei.
    function finalTotal() external view returns (uint256) {
        return _last.post.total;
    }

    function _isPaused() internal view returns (bool) {
        (uint64 until, , ) = oracle.guardianLimits();
        return until != 0;
    }

    function _balances() private view returns (bytes32 all) {
        for (uint256 i = 0; i < _holders.length; ++i) {
            all = keccak256(abi.encode(all, token.balanceOf(_holders[i])));
        }
    }

    function _due(uint256 seed, EpochTrees.Trees memory trees) private view returns (bool, uint256) {
        uint256 count = trees.ledger.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = (((seed >> 8) % count) + i) % count;
            IPostedTrees.LedgerLeaf memory leaf = trees.ledger[index];
            if (leaf.cumulative > token.paid(leaf.account)) return (true, index);
        }
        return (false, 0);
    }

    function _claim(IPostedTrees.LedgerLeaf memory leaf) private view returns (bytes memory) {
        return
            abi.encodeCall(vault.claim, (leaf.index, leaf.account, leaf.cumulative, leaf.prefix, leaf.proof));
    }

    function _packedClaim(IPostedTrees.LedgerLeaf memory leaf) private view returns (bytes memory) {
        bytes memory packed = abi.encodePacked(
            leaf.index,
            leaf.account,
            leaf.cumulative,
            leaf.prefix,
            leaf.proof
        );
        return abi.encodeCall(vault.claimPacked, (packed));
    }

    /// @dev Without the first sibling: the pair itself is the node.
    function _proofOfPair(bytes memory proof) private pure returns (bytes memory rest) {
        rest = new bytes(proof.length - 24);
        for (uint256 i = 0; i < rest.length; ++i) rest[i] = proof[i + 24];
    }
}
