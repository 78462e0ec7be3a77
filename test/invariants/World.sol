// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../../contracts/interfaces/IAttributionOracle.sol";
import {EpochTrees} from "./EpochTrees.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";

/// @notice What all rooms share: how calls are made and counted, how time passes, what must never happen, and the
/// epochs that were posted.
abstract contract World is ProtocolFixture {
    /// @notice What no sequence of calls may bring about.
    enum Wrong {
        PaidFell,
        RootMoved,
        HonestPostRejected,
        LieNotProven,
        ClaimBlocked,
        StaleClaimPaid,
        Misdirected,
        PauseStuck,
        Intruded,
        GuardianMovedMoney,
        PayerOvercharged,
        ExitBlocked,
        CreditBlocked
    }

    enum Kind {
        Honest,
        Fallen,
        Total,
        Account,
        Prefix,
        PoolSum,
        OverFunded,
        Entry,
        Increase,
        WeightTotal,
        Dropped,
        Withheld
    }

    /// @param at Where the lie is: a position in the tree that lies.
    struct Epoch {
        Kind kind;
        uint256 at;
        IAttributionOracle.Post post;
        uint32 signers;
        bytes trees;
    }

    struct Count {
        uint256 attempted;
        uint256 succeeded;
    }

    uint256 internal constant POOLS = 5;

    /// @notice By action: calls to the system, and those of them that it did not refuse. Calls that the system must
    /// refuse are not among them.
    mapping(bytes4 action => Count) public countOf;
    /// @notice Calls that had to be refused.
    uint256 public refusals;
    /// @notice Roots that became final, lies struck down, claims that paid, proposals executed, disputes resolved.
    uint256 public finals;
    uint256 public rejections;
    uint256 public claims;
    uint256 public executed;
    uint256 public resolved;
    /// @notice What happened though it must not.
    mapping(Wrong => bool) public happened;

    EpochTrees.Domains internal _domains;
    Epoch internal _pending;
    Epoch internal _last;
    Epoch internal _older;
    /// @dev A ledger in which an account fell became final, because nobody challenged it.
    bool public poisoned;

    uint256 private immutable _salt;
    bool private _mayMoveRoot;
    mapping(address account => uint256) private _paidBefore;

    constructor(uint256 salt) {
        _salt = salt;
        _domains = EpochTrees.domainsOf(address(vault));
    }

    /// @dev Around every action: what was ever paid must not fall, and the root moves only where it may.
    modifier watched() {
        (bytes24 before, , ) = vault.root();
        _mayMoveRoot = false;
        _;
        (bytes24 afterwards, , ) = vault.root();
        if (before != afterwards && !_mayMoveRoot) happened[Wrong.RootMoved] = true;
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) {
            address account = _contributors[i];
            uint256 paid = token.paid(account);
            if (paid < _paidBefore[account]) happened[Wrong.PaidFell] = true;
            _paidBefore[account] = paid;
        }
    }

    /// @dev Two campaigns with the same seeds must not do the same.
    function _mix(uint256 seed) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(seed, _salt, block.timestamp)));
    }

    function _rootMayMove() internal {
        _mayMoveRoot = true;
    }

    function _wrong(Wrong what) internal {
        happened[what] = true;
    }

    /// @dev A call that the system may refuse.
    function _try(
        address caller,
        address target,
        bytes memory data
    ) internal returns (bool ok, bytes memory answer) {
        Count storage count = countOf[msg.sig];
        ++count.attempted;
        vm.prank(caller);
        (ok, answer) = target.call(data);
        if (ok) ++count.succeeded;
    }

    /// @dev A call that the system must not refuse.
    function _must(Wrong otherwise, address caller, address target, bytes memory data) internal {
        (bool ok, ) = _try(caller, target, data);
        if (!ok) happened[otherwise] = true;
    }

    /// @dev A call that the system must refuse.
    function _mustNot(Wrong otherwise, address caller, address target, bytes memory data) internal {
        ++refusals;
        vm.prank(caller);
        (bool ok, ) = target.call(data);
        if (ok) happened[otherwise] = true;
    }

    /// @dev Operators are awake: they answer what was asked of an honest post before time passes.
    function _pass(uint256 time) internal {
        _answerDemands();
        vm.warp(block.timestamp + time);
    }

    function _answerDemands() internal virtual;

    function _contributor(uint256 seed) internal view returns (address) {
        return _contributors[seed % CONTRIBUTORS];
    }

    /// @dev Bounded, and hardly ever zero.
    function _amount(uint256 seed, uint256 limit) internal pure returns (uint128) {
        return limit == 0 ? 0 : uint128((seed % limit) + 1);
    }

    function _treesOf(Epoch storage epoch) internal view returns (EpochTrees.Trees memory trees) {
        if (epoch.trees.length != 0) trees = abi.decode(epoch.trees, (EpochTrees.Trees));
    }
}
