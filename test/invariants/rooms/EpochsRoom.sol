// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../../../contracts/interfaces/IAttributionOracle.sol";
import {IPageDemands} from "../../../contracts/interfaces/IPageDemands.sol";
import {IPostedTrees} from "../../../contracts/interfaces/IPostedTrees.sol";
import {EpochTrees} from "../EpochTrees.sol";
import {Challenges} from "./Challenges.sol";
import {OperatorsRoom} from "./OperatorsRoom.sol";

/// @notice Epochs from the post to finality or rejection. Somebody watches, as the protocol assumes: a lie is challenged
/// before it can be final. A few that leave the ledger whole are let through, to see that they pay no more than there is.
abstract contract EpochsRoom is Challenges, OperatorsRoom {
    struct Demand {
        IPostedTrees.Tree tree;
        uint256 pool;
    }

    /// @notice The most that an account had in any final ledger, in wei.
    mapping(address account => uint256) public entitled;

    /// @notice A kind of lie that could not be proven.
    Kind public unproven;

    Demand[] internal _demands;

    function post(uint256 seed) external watched {
        seed = _mix(seed);
        if (_pending.post.epoch != 0 && seed % 16 == 0) return _postTwice(seed);
        bool advances = _pending.post.epoch != 0 && _pending.kind == Kind.Honest && seed % 3 == 0;
        if (_pending.post.epoch != 0 && !advances) _settlePending(seed >> 4);
        if (_pending.post.epoch != 0 && !advances) return;
        _post(seed >> 8, advances);
    }

    /// @notice Proves the lie; of an honest post nothing can be proven.
    function challenge(uint256 seed) external watched {
        seed = _mix(seed);
        if (_pending.post.epoch == 0) return;
        if (_pending.kind != Kind.Honest) return _reject();
        Kind kind = Kind(1 + (seed % 10));
        (address target, bytes memory data) = _challengeOf(kind, (seed >> 8) % CONTRIBUTORS);
        if (target != address(0)) _mustNot(Wrong.HonestPostRejected, challenger, target, data);
        if (_demands.length == 0) return;
        (IPageDemands.Page memory page, ) = _pageOf(_demands[0].tree, _demands[0].pool);
        data = abi.encodeCall(pageDemands.rejectUnrevealed, (_pending.post, _pending.signers, page));
        _mustNot(Wrong.HonestPostRejected, challenger, address(pageDemands), data);
    }

    function finalize(uint256 seed) external watched {
        seed = _mix(seed);
        if (_pending.post.epoch == 0) return;
        (, uint64 deadline) = oracle.pending();
        if (seed % 4 == 0 && block.timestamp < deadline) {
            bytes memory data = abi.encodeCall(oracle.finalize, (_pending.post, _pending.signers));
            _mustNot(Wrong.RootMoved, challenger, address(oracle), data);
            return;
        }
        _settlePending(seed >> 4);
    }

    function demandPage(uint256 seed) external watched {
        seed = _mix(seed);
        (, uint64 deadline) = oracle.pending();
        if (_pending.post.epoch == 0 || block.timestamp + pageDemands.responseWindow() > deadline) return;
        if (_pending.kind == Kind.Withheld || _treesOf(_pending).ledger.length == 0) return;
        IPostedTrees.Tree tree = IPostedTrees.Tree(seed % 4);
        _demand(
            tree,
            tree == IPostedTrees.Tree.Settlement ? (seed >> 8) % _treesOf(_pending).pools.length : 0
        );
    }

    function answerDemands() external watched {
        _answerDemands();
    }

    function _demand(IPostedTrees.Tree tree, uint256 position) internal {
        IPostedTrees.ManifestLeaf memory pool;
        if (tree == IPostedTrees.Tree.Settlement) {
            pool = EpochTrees.showPool(_domains, _treesOf(_pending), position);
        }
        bytes memory data = abi.encodeCall(
            pageDemands.demand,
            (_pending.post, _pending.signers, tree, 0, pool)
        );
        (bool ok, ) = _try(challenger, address(pageDemands), data);
        if (ok) _demands.push(Demand(tree, position));
    }

    function _answerDemands() internal override {
        if (_demands.length == 0 || _pending.kind == Kind.Withheld) return;
        for (uint256 i = 0; i < _demands.length; ++i) {
            (IPageDemands.Page memory page, bytes memory leaves) = _pageOf(
                _demands[i].tree,
                _demands[i].pool
            );
            bytes memory data = abi.encodeCall(pageDemands.reveal, (page, leaves, ""));
            _must(Wrong.HonestPostRejected, founder, address(pageDemands), data);
        }
        delete _demands;
    }

    /// @dev Final, if nobody has a reason to prove it wrong; else rejected.
    function _settlePending(uint256 seed) internal {
        Kind kind = _pending.kind;
        bool unseen =
            ((kind == Kind.Entry || kind == Kind.Increase) && seed % 8 == 0) ||
                (kind == Kind.Fallen && seed % 128 == 0);
        if (kind != Kind.Honest && !unseen) return _reject();
        _passDeadline();
        bytes memory data = abi.encodeCall(oracle.finalize, (_pending.post, _pending.signers));
        _rootMayMove();
        _must(Wrong.HonestPostRejected, challenger, address(oracle), data);
        if (oracle.finalEpoch() == _pending.post.epoch) _becameFinal();
    }

    function _becameFinal() internal {
        ++finals;
        if (_pending.kind == Kind.Fallen) poisoned = true;
        _older = _last;
        _last = _pending;
        _forgetPending();
        IPostedTrees.LedgerLeaf[] memory ledger = _treesOf(_last).ledger;
        for (uint256 i = 0; i < ledger.length; ++i) {
            address account = ledger[i].account;
            if (ledger[i].cumulative > entitled[account]) entitled[account] = ledger[i].cumulative;
        }
    }

    function _forgetPending() internal {
        delete _pending;
        delete _demands;
    }

    function _restoreQuorum() internal virtual;

    function _reject() private {
        if (_pending.kind == Kind.Withheld) return _rejectWithheld();
        (address target, bytes memory data) = _challengeOf(_pending.kind, _pending.at);
        _must(Wrong.LieNotProven, challenger, target, data);
        _rejected();
    }

    /// @dev The watcher demanded the page as soon as the post was there.
    function _rejectWithheld() private {
        (IPageDemands.Page memory page, ) = _pageOf(IPostedTrees.Tree.Journal, 0);
        uint64 until = pageDemands.answerBy(page);
        if (block.timestamp <= until) vm.warp(until + 1);
        bytes memory data = abi.encodeCall(
            pageDemands.rejectUnrevealed,
            (_pending.post, _pending.signers, page)
        );
        _must(Wrong.LieNotProven, challenger, address(pageDemands), data);
        _rejected();
    }

    function _rejected() private {
        (, uint64 deadline) = oracle.pending();
        if (deadline != 0) {
            unproven = _pending.kind;
            return;
        }
        ++rejections;
        _markUnseated();
        _forgetPending();
    }

    function _passDeadline() private {
        (, uint64 deadline) = oracle.pending();
        _pass(deadline > block.timestamp ? deadline - block.timestamp : 0);
    }

    function _post(uint256 seed, bool advances) private {
        uint32 epoch = oracle.finalEpoch() + (advances ? 2 : 1);
        (uint32 signers, address poster) = _quorum(seed, epoch);
        if (signers == 0) {
            if (advances) _settlePending(1);
            _restoreQuorum();
            epoch = oracle.finalEpoch() + 1;
            (signers, poster) = _quorum(seed, epoch);
            advances = false;
            if (signers == 0) return;
        }
        if (oracle.configOf(epoch) == 0) {
            _try(epochManager, address(oracle), abi.encodeCall(oracle.openEpoch, (epoch, CONFIG)));
        }
        if (advances) _advance(seed, epoch, signers, poster);
        else _postNext(seed, epoch, signers, poster);
    }

    function _postNext(uint256 seed, uint32 epoch, uint32 signers, address poster) private {
        Epoch memory next = _compose(seed, epoch, signers);
        bytes memory signatures = _sign(next.post, signers, poster);
        bytes memory data = abi.encodeCall(oracle.post, (next.post, signers, signatures));
        _must(Wrong.HonestPostRejected, poster, address(oracle), data);
        _posted(next);
    }

    function _advance(uint256 seed, uint32 epoch, uint32 signers, address poster) private {
        _passDeadline();
        Epoch memory current = _pending;
        // The next ledger builds on this one.
        Epoch memory before = _last;
        _last = _pending;
        Epoch memory next = _compose(seed, epoch, signers);
        _last = before;
        bytes memory signatures = _sign(next.post, signers, poster);
        bytes memory data = abi.encodeCall(
            oracle.advance,
            (current.post, current.signers, next.post, signers, signatures)
        );
        _rootMayMove();
        _must(Wrong.HonestPostRejected, poster, address(oracle), data);
        if (oracle.finalEpoch() != current.post.epoch) return;
        _becameFinal();
        _posted(next);
    }

    function _posted(Epoch memory next) private {
        (, uint64 deadline) = oracle.pending();
        if (deadline == 0) return;
        _pending = next;
        if (next.kind != Kind.Honest) _markLiars(_pending);
        if (next.kind == Kind.Withheld) _demand(IPostedTrees.Tree.Journal, 0);
    }

    /// @dev Nobody can replace a pending post, its own poster included.
    function _postTwice(uint256 seed) private {
        (uint32 signers, address poster) = _quorum(seed, _pending.post.epoch);
        if (signers == 0) return;
        IAttributionOracle.Post memory again = _pending.post;
        bytes memory signatures = _sign(again, signers, poster);
        bytes memory data = abi.encodeCall(oracle.post, (again, signers, signatures));
        _mustNot(Wrong.RootMoved, poster, address(oracle), data);
    }

    function _compose(uint256 seed, uint32 epoch, uint32 signers) private view returns (Epoch memory next) {
        EpochTrees.Trees memory trees = _honestTrees(seed);
        Kind kind = (seed >> 128) % 4 == 0 ? Kind(1 + ((seed >> 136) % 11)) : Kind.Honest;
        bool lies;
        if (kind != Kind.Honest) (lies, next.at) = _lie(kind, seed >> 144, trees);
        next.kind = lies ? kind : Kind.Honest;
        next.post = _postOf(epoch, trees);
        next.signers = signers;
        next.trees = abi.encode(trees);
        if (next.kind == Kind.Withheld) {
            next.post.journalRoot = bytes24(keccak256(abi.encode(seed)));
            if (next.post.journalCount == 0) next.post.journalCount = 1;
        }
        if (next.kind == Kind.Total) next.kind = _misstate(next.post);
    }

    function _misstate(IAttributionOracle.Post memory next) private view returns (Kind) {
        (uint128 funded, uint128 released) = escrow.totals();
        if (next.total < funded) ++next.total;
        else if (next.total > released) --next.total;
        else return Kind.Honest;
        return Kind.Total;
    }
}
