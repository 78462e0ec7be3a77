// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "../../contracts/interfaces/IAttributionOracle.sol";
import {IFraudProofs} from "../../contracts/interfaces/IFraudProofs.sol";
import {IInferencePayments} from "../../contracts/interfaces/IInferencePayments.sol";
import {LedgerTree} from "./LedgerTree.sol";
import {ProtocolFixture} from "./ProtocolFixture.sol";

/// @notice Everything that money meets, done in any order: contributions, funding, fees, honest roots and lies,
/// challenges, finality, claims, claims with old proofs, transfers, burns.
/// @dev A call that the system refuses counts as attempted only; the handler itself never reverts, so a revert is a
/// fault of the handler.
contract ProtocolHandler is ProtocolFixture {
    enum Kind {
        Honest,
        Theft,
        WrongTotal
    }

    struct Epoch {
        Kind kind;
        IAttributionOracle.Post post;
        uint128[] cumulatives;
    }

    uint256 public constant ACCOUNTS = 6;

    /// @notice Calls to the system, and those of them that it did not refuse.
    uint256 public attempted;
    uint256 public succeeded;
    /// @notice Roots that became final, lies that were struck down, claims that paid.
    uint256 public finals;
    uint256 public rejections;
    uint256 public claims;
    /// @notice Something paid to an account was less after a call than before it.
    bool public paidFell;
    /// @notice An honest root was struck down, or a proof that is not for the vault's root was paid.
    bool public wronged;

    address[] private _accounts;
    mapping(address account => uint256) private _paidBefore;
    Epoch private _pending;
    Epoch private _last;
    Epoch private _older;

    constructor() {
        for (uint256 i = 0; i < ACCOUNTS; ++i) _accounts.push(vm.addr(0xACC0 + i));
    }

    /// @dev After every action: what was ever paid to an account must not be less than before it.
    modifier watched() {
        _;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 paid = token.paid(_accounts[i]);
            if (paid < _paidBefore[_accounts[i]]) paidFell = true;
            _paidBefore[_accounts[i]] = paid;
        }
    }

    function contribute(uint256 seed) external watched {
        bytes32 root = keccak256(abi.encode(seed));
        address account = _accounts[seed % ACCOUNTS];
        _try(account, address(registry), abi.encodeCall(registry.commitBatch, (DATANET, root, 3, root)));
    }

    function fund(uint256 seed, uint128 amount) external watched {
        uint64 poolId = uint64(((seed % 2) + 1) << 32) | 1;
        _try(address(this), address(escrow), abi.encodeCall(escrow.fund, (poolId, (amount % EMISSION) + 1)));
    }

    function emitRewards(uint256 seed) external watched {
        if (seed % 2 == 0) vm.warp(block.timestamp + EMISSION_EPOCH);
        _try(address(this), address(emissions), abi.encodeCall(emissions.fundEpoch, ()));
    }

    function payFees(uint128 amount) external watched {
        amount = (amount % 1_000e18) + 100;
        uint128 cumulative = payments.redeemed(payer, MODEL) + amount;
        IInferencePayments.Voucher memory voucher = IInferencePayments.Voucher(payer, MODEL, cumulative);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, payments.voucherDigest(voucher));
        vm.prank(payer);
        payments.deposit(amount);
        bytes memory signature = abi.encodePacked(r, s, v);
        _try(address(this), address(payments), abi.encodeCall(payments.redeem, (voucher, signature, CONFIG)));
    }

    function collectFees(uint256 seed) external watched {
        bytes memory call =
            seed % 3 == 0
                ? abi.encodeCall(payments.collectOwner, (MODEL))
                : abi.encodeCall(payments.collectContributors, (MODEL));
        _try(address(this), address(payments), call);
    }

    /// @notice Mostly once the post before it is settled; else the oracle has to refuse a second one.
    function post(uint256 seed) external watched {
        if (_pending.post.epoch != 0 && seed % 5 != 0) {
            if (_pending.kind == Kind.Honest || seed % 3 == 0) _finalize(WINDOW);
            else _challenge(seed);
        }
        if (!operators.isActive(operator)) {
            vm.prank(operator);
            operators.bond(BOND);
        }
        uint32 epoch = oracle.finalEpoch() + 1;
        if (oracle.configOf(epoch) == 0) oracle.openEpoch(epoch, CONFIG);
        (Kind kind, uint128[] memory cumulatives, uint128 total) = _ledgerFrom(seed);
        IAttributionOracle.Post memory next = _postOf(epoch, cumulatives, total);
        if (!_try(operator, address(oracle), abi.encodeCall(oracle.post, (next)))) return;
        _pending = Epoch(kind, next, cumulatives);
    }

    function challenge(uint256 seed) external watched {
        if (_pending.post.epoch != 0) _challenge(seed);
    }

    /// @notice Of lies too, when nobody challenged them: they must still pay no more than there is.
    function finalize(uint256 seed) external watched {
        if (_pending.post.epoch != 0) _finalize(seed % 4 == 0 ? 0 : WINDOW);
    }

    function claim(uint256 seed) external watched {
        uint256 count = _last.cumulatives.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = ((seed % count) + i) % count;
            bool isDue = _last.cumulatives[index] > token.paid(registry.contributorAt(uint32(index)));
            if (!isDue && i + 1 < count) continue;
            if (_try(challenger, address(vault), _claimOf(_last, index))) ++claims;
            return;
        }
    }

    function claimWithOldProof(uint256 seed) external watched {
        if (_older.cumulatives.length == 0 || _older.post.ledgerRoot == _last.post.ledgerRoot) return;
        if (_try(challenger, address(vault), _claimOf(_older, seed % _older.cumulatives.length)))
            wronged = true;
    }

    function transfer(uint256 seed, uint256 amount) external watched {
        address from = _accounts[seed % ACCOUNTS];
        address to = _accounts[(seed >> 8) % ACCOUNTS];
        amount %= token.balanceOf(from) + 1;
        _try(from, address(token), abi.encodeCall(token.transfer, (to, amount)));
    }

    function burn(uint256 seed, uint256 amount) external watched {
        address from = _accounts[seed % ACCOUNTS];
        amount %= token.balanceOf(from) / 10 + 1;
        _try(from, address(token), abi.encodeCall(token.burn, (amount)));
    }

    function collectBounty() external watched {
        if (operators.rewardOf(challenger) == 0) return;
        _try(challenger, address(operators), abi.encodeCall(operators.collectReward, ()));
    }

    /// @notice Everything that was ever paid out, in wei.
    function sumOfPaid() external view returns (uint256 sum) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) sum += token.paid(_accounts[i]);
    }

    /// @notice The balances of everybody who can have a token, in wei.
    function sumOfBalances() external view returns (uint256 sum) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) sum += token.balanceOf(_accounts[i]);
        address[9] memory others = [
            address(this),
            operator,
            challenger,
            payer,
            address(escrow),
            address(vault),
            address(operators),
            address(emissions),
            address(payments)
        ];
        for (uint256 i = 0; i < others.length; ++i) sum += token.balanceOf(others[i]);
    }

    /// @notice What the payments contract owes, in wei.
    function feesHeld() external view returns (uint256) {
        (uint128 contributors, uint128 owner) = payments.owed(MODEL);
        uint256 owed = uint256(contributors) + owner + payments.owedProtocol() + payments.owedStakers();
        return owed + payments.depositOf(payer);
    }

    /// @notice What the operator set owes, in wei.
    function bondsHeld() external view returns (uint256) {
        return uint256(operators.bondOf(operator)) + operators.rewardOf(challenger);
    }

    function _try(address caller, address target, bytes memory call) private returns (bool ok) {
        ++attempted;
        vm.prank(caller);
        (ok, ) = target.call(call);
        if (!ok) return false;
        ++succeeded;
    }

    function _challenge(uint256 seed) private {
        Kind kind = _pending.kind;
        bool fallen =
            kind == Kind.Theft || (kind == Kind.Honest && seed % 2 == 0 && _last.cumulatives.length != 0);
        bytes memory call = fallen ? _fallenChallenge(seed) : _totalChallenge();
        if (!_try(challenger, address(fraudProofs), call)) return;
        if (kind == Kind.Honest) wronged = true;
        ++rejections;
        delete _pending;
    }

    function _finalize(uint256 wait) private {
        vm.warp(block.timestamp + wait);
        if (!_try(challenger, address(oracle), abi.encodeCall(oracle.finalize, (_pending.post)))) return;
        _older = _last;
        _last = _pending;
        ++finals;
        delete _pending;
    }

    /// @dev The last final ledger, with what was funded since shared out. Its sum stays within what was funded in lies
    /// too, so that an epoch can always follow.
    function _ledgerFrom(
        uint256 seed
    ) private view returns (Kind kind, uint128[] memory cumulatives, uint128 total) {
        uint256 count = registry.contributorCount();
        cumulatives = new uint128[](count);
        for (uint256 i = 0; i < _last.cumulatives.length; ++i) {
            cumulatives[i] = _last.cumulatives[i];
            total += cumulatives[i];
        }
        if (count == 0) return (Kind.Honest, cumulatives, 0);
        uint128 funded = escrow.totalFunded();
        uint128 floor = oracle.finalTotal();
        uint128 missing = floor > total ? floor - total : 0;
        uint128 share = missing + uint128(seed % (funded - total - missing + 1));
        for (uint256 i = 0; i < count; ++i) {
            uint128 part =
                i + 1 == count ? share : uint128(uint256(keccak256(abi.encode(seed, i))) % (share + 1));
            cumulatives[i] += part;
            share -= part;
            total += part;
        }
        uint256 victim = (seed >> 128) % count;
        if ((seed >> 64) % 4 == 0 && victim < _last.cumulatives.length && _last.cumulatives[victim] > 0) {
            uint128 loot = cumulatives[victim];
            cumulatives[victim] = 0;
            cumulatives[(victim + 1) % count] += loot;
            // Alone in the ledger the thief is the victim, and nothing fell.
            return (count > 1 ? Kind.Theft : Kind.Honest, cumulatives, total);
        }
        if ((seed >> 64) % 4 == 1 && total < funded) return (Kind.WrongTotal, cumulatives, total + 1);
        if ((seed >> 64) % 4 == 1 && total > floor) return (Kind.WrongTotal, cumulatives, total - 1);
        return (Kind.Honest, cumulatives, total);
    }

    function _postOf(
        uint32 epoch,
        uint128[] memory cumulatives,
        uint128 total
    ) private view returns (IAttributionOracle.Post memory next) {
        uint32 count = uint32(cumulatives.length);
        (LedgerTree.Entry[] memory entries, ) = LedgerTree.entries(_accounts_(count), cumulatives);
        next.epoch = epoch;
        next.specVersion = 1;
        next.configDigest = CONFIG;
        next.ledgerRoot = count == 0 ? bytes24(0) : LedgerTree.root(vault.DOMAIN(), entries);
        next.ledgerCount = count;
        next.total = total;
    }

    function _claimOf(Epoch storage epoch, uint256 index) private view returns (bytes memory) {
        IFraudProofs.LedgerLeaf memory leaf = _leafOf(epoch, index);
        return
            abi.encodeCall(vault.claim, (leaf.index, leaf.account, leaf.cumulative, leaf.prefix, leaf.proof));
    }

    function _totalChallenge() private view returns (bytes memory) {
        uint256 count = _pending.cumulatives.length;
        IFraudProofs.LedgerLeaf memory none;
        if (count == 0) return abi.encodeCall(fraudProofs.challengeAccount, (_pending.post, none));
        return abi.encodeCall(fraudProofs.challengeTotal, (_pending.post, _leafOf(_pending, count - 1)));
    }

    function _fallenChallenge(uint256 seed) private view returns (bytes memory) {
        uint256 index = seed % _last.cumulatives.length;
        for (uint256 i = 0; i < _last.cumulatives.length; ++i) {
            if (_pending.cumulatives[i] < _last.cumulatives[i]) index = i;
        }
        IFraudProofs.LedgerLeaf memory was = _leafOf(_last, index);
        return
            abi.encodeCall(
                fraudProofs.challengeFallen,
                (_pending.post, _last.post, was, _leafOf(_pending, index))
            );
    }

    function _leafOf(
        Epoch storage epoch,
        uint256 index
    ) private view returns (IFraudProofs.LedgerLeaf memory) {
        uint128[] memory cumulatives = epoch.cumulatives;
        (LedgerTree.Entry[] memory entries, ) = LedgerTree.entries(
            _accounts_(cumulatives.length),
            cumulatives
        );
        LedgerTree.Entry memory entry = entries[index];
        bytes memory proof = LedgerTree.proof(vault.DOMAIN(), entries, index);
        return IFraudProofs.LedgerLeaf(uint32(index), entry.account, entry.cumulative, entry.prefix, proof);
    }

    /// @dev The accounts of the first contributor indices.
    function _accounts_(uint256 count) private view returns (address[] memory list) {
        list = new address[](count);
        for (uint256 i = 0; i < count; ++i) list[i] = registry.contributorAt(uint32(i));
    }
}
