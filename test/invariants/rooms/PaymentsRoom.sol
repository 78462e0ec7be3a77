// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayments} from "../../../contracts/interfaces/IInferencePayments.sol";
import {World} from "../World.sol";

/// @notice Deposits, vouchers, direct and signed payments, and the collection of what the models took. Payers do nothing
/// else with their tokens, so that what they lost can be held against what they signed.
abstract contract PaymentsRoom is World {
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    /// @notice What a payer signed or paid by itself, over all models, in wei.
    mapping(uint256 payer => uint256) public signedBy;
    /// @notice What was collected for the protocol and for the stakers, in wei.
    uint256 public protocolCollected;
    uint256 public stakersCollected;

    mapping(uint256 payer => mapping(uint32 model => uint128)) private _signed;
    uint256 private _salts;

    function deposit(uint256 seed) external watched {
        seed = _mix(seed);
        address payer = _payers[seed % PAYERS];
        uint128 amount = _amount(seed >> 32, token.balanceOf(payer) / 50);
        _try(payer, address(payments), abi.encodeCall(payments.deposit, (amount)));
    }

    function withdrawDeposit(uint256 seed) external watched {
        seed = _mix(seed);
        address payer = _payers[seed % PAYERS];
        (, uint64 at) = payments.withdrawalOf(payer);
        if (at == 0) {
            uint128 amount = uint128((seed >> 32) % (uint256(payments.depositOf(payer)) / 4 + 1));
            _try(payer, address(payments), abi.encodeCall(payments.requestWithdrawal, (amount)));
            return;
        }
        if (block.timestamp < at) _pass(at - block.timestamp);
        _must(Wrong.ExitBlocked, payer, address(payments), abi.encodeCall(payments.withdraw, ()));
    }

    /// @notice A voucher is redeemed, and then cannot be again, nor by or for others.
    function redeem(uint256 seed) external watched {
        seed = _mix(seed);
        (uint256 payer, uint32 model) = (seed % PAYERS, uint32((seed >> 8) % MODELS) + 1);
        (IInferencePayments.Voucher memory voucher, bytes memory signature) = _voucher(
            payer,
            model,
            seed >> 16
        );
        bytes memory data = abi.encodeCall(payments.redeem, (voucher, signature, CONFIG));
        _mustNot(Wrong.PayerOvercharged, challenger, address(payments), data);
        _try(address(this), address(payments), data);
        if ((seed >> 12) % 4 != 0) return;
        _mustNot(Wrong.PayerOvercharged, address(this), address(payments), data);
        ++voucher.cumulative;
        data = abi.encodeCall(payments.redeem, (voucher, signature, CONFIG));
        _mustNot(Wrong.PayerOvercharged, address(this), address(payments), data);
    }

    /// @notice A batch in which one voucher is bad goes on without it.
    function redeemBatch(uint256 seed) external watched {
        seed = _mix(seed);
        IInferencePayments.Voucher[] memory vouchers = new IInferencePayments.Voucher[](3);
        (bytes[] memory signatures, bytes32[] memory digests) = (new bytes[](3), new bytes32[](3));
        for (uint256 i = 0; i < 3; ++i) {
            uint32 model = i == 0 ? 1 : 2;
            (vouchers[i], signatures[i]) = _voucher((seed + i) % PAYERS, model, seed >> (16 * (i + 1)));
        }
        if (seed % 2 == 0) ++vouchers[seed % 3].cumulative;
        bytes memory data = abi.encodeCall(payments.redeemBatch, (vouchers, signatures, digests));
        _try(address(this), address(payments), data);
    }

    function payDirect(uint256 seed) external watched {
        seed = _mix(seed);
        uint256 payer = seed % PAYERS;
        uint128 amount = _amount(seed >> 32, token.balanceOf(_payers[payer]) / 100);
        uint32 model = uint32((seed >> 8) % MODELS) + 1;
        bytes memory data = abi.encodeCall(payments.payDirect, (model, amount, CONFIG));
        (bool ok, ) = _try(_payers[payer], address(payments), data);
        if (ok) signedBy[payer] += amount;
    }

    /// @notice A signed payment reaches the model and request that it was signed for, once, whoever sends it.
    function payWithAuthorization(uint256 seed) external watched {
        seed = _mix(seed);
        uint256 payer = seed % PAYERS;
        uint32 model = uint32((seed >> 8) % MODELS) + 1;
        uint128 amount = _amount(seed >> 32, token.balanceOf(_payers[payer]) / 100);
        IInferencePayments.Authorization memory signed = _authorize(payer, model, amount);
        signedBy[payer] += amount;
        address sink = address(payments);
        bytes memory other = abi.encodeCall(
            payments.payWithAuthorization,
            ((model % MODELS) + 1, CONFIG, signed)
        );
        _mustNot(Wrong.PayerOvercharged, challenger, sink, other);
        bytes memory data = abi.encodeCall(payments.payWithAuthorization, (model, CONFIG, signed));
        _try(challenger, sink, data);
        _mustNot(Wrong.PayerOvercharged, challenger, sink, data);
    }

    function collectFees(uint256 seed) external watched {
        seed = _mix(seed);
        uint32 model = uint32((seed >> 8) % MODELS) + 1;
        (uint128 contributors, uint128 owner) = payments.owed(model);
        bytes memory data;
        if (seed % 3 == 0) {
            if (owner == 0) return;
            data = abi.encodeCall(payments.collectOwner, (model));
        } else if (seed % 3 == 1) {
            if (contributors == 0) return;
            data = abi.encodeCall(payments.collectContributors, (model));
        } else {
            if (payments.owedLineage(2) == 0) return;
            data = abi.encodeCall(payments.passLineage, (2));
        }
        _must(Wrong.CreditBlocked, challenger, address(payments), data);
    }

    function collectParts(uint256 seed) external watched {
        seed = _mix(seed);
        uint32[] memory all = new uint32[](2);
        (all[0], all[1]) = (1, 2);
        if (seed % 2 == 0) _try(challenger, address(payments), abi.encodeCall(payments.tally, (all)));
        (uint128 protocol, uint128 stakers) = (payments.owedProtocol(), payments.owedStakers());
        if (protocol != 0 && seed % 3 != 0) {
            bytes memory data = abi.encodeCall(payments.collectProtocol, ());
            _must(Wrong.CreditBlocked, challenger, address(payments), data);
            protocolCollected += protocol;
        } else if (stakers != 0) {
            bytes memory data = abi.encodeCall(payments.collectStakers, ());
            _must(Wrong.CreditBlocked, challenger, address(payments), data);
            stakersCollected += stakers;
        }
    }

    /// @notice What the payments contract owes, in wei, each part rounded down.
    function feesHeld() external view returns (uint256 sum) {
        uint256 taken;
        for (uint256 i = 0; i < PAYERS; ++i) sum += payments.depositOf(_payers[i]);
        for (uint32 model = 1; model <= MODELS; ++model) {
            (uint128 contributors, uint128 owner) = payments.owed(model);
            sum += uint256(contributors) + owner + payments.owedLineage(model);
            taken += payments.revenueOf(model);
        }
        sum += (taken * PROTOCOL_BPS) / 10_000 - protocolCollected;
        sum += (taken * STAKERS_BPS) / 10_000 - stakersCollected;
    }

    /// @notice What a payer has no more, of all it ever had, in wei.
    function spentBy(uint256 payer) external view returns (uint256) {
        return PURSE - token.balanceOf(_payers[payer]) - payments.depositOf(_payers[payer]);
    }

    /// @notice What was taken from a payer by vouchers, in wei.
    function revenue() external view returns (uint256 sum) {
        for (uint32 model = 1; model <= MODELS; ++model) sum += payments.revenueOf(model);
    }

    function _voucher(
        uint256 payer,
        uint32 model,
        uint256 seed
    ) private returns (IInferencePayments.Voucher memory voucher, bytes memory signature) {
        address account = _payers[payer];
        uint128 deposited = payments.depositOf(account);
        if (deposited < 3_000) {
            uint128 top = uint128(token.balanceOf(account) / 20);
            _try(account, address(payments), abi.encodeCall(payments.deposit, (top)));
            deposited += top;
        }
        uint128 cumulative = payments.redeemed(account, model) + _amount(seed, deposited / 3);
        if (cumulative > _signed[payer][model]) {
            signedBy[payer] += cumulative - _signed[payer][model];
            _signed[payer][model] = cumulative;
        }
        voucher = IInferencePayments.Voucher(account, model, cumulative);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY + payer, payments.voucherDigest(voucher));
        signature = abi.encodePacked(r, s, v);
    }

    function _authorize(
        uint256 payer,
        uint32 model,
        uint128 amount
    ) private returns (IInferencePayments.Authorization memory signed) {
        signed.from = _payers[payer];
        signed.value = amount;
        signed.validBefore = uint64(block.timestamp) + 1;
        signed.salt = bytes32(++_salts);
        bytes32 fields = keccak256(
            abi.encode(
                RECEIVE_TYPEHASH,
                signed.from,
                address(payments),
                uint256(amount),
                0,
                uint256(signed.validBefore),
                payments.authorizationNonce(model, CONFIG, signed.salt)
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), fields));
        (signed.v, signed.r, signed.s) = vm.sign(PAYER_KEY + payer, digest);
    }
}
