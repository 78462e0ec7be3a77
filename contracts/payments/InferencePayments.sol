// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDatanetStaking} from "../interfaces/IDatanetStaking.sol";
import {IInferencePayments} from "../interfaces/IInferencePayments.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";
import {RevenueSplit} from "./RevenueSplit.sol";

/// @title InferencePayments
/// @notice See {IInferencePayments}.
contract InferencePayments is RevenueSplit, EIP712 {
    using SafeERC20 for IOpenToken;
    using SafeCast for uint256;

    /// @dev One slot. The first model that redeems from a payer has its counter here ("home"), so that the usual
    /// redemption writes one slot of the payer, not two. 112 bits hold five million times the supply.
    struct Account {
        uint112 deposit;
        uint112 homeRedeemed;
        uint32 homeModel;
    }

    struct Withdrawal {
        uint128 amount;
        uint64 withdrawableAt;
    }

    bytes32 private constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(address payer,uint32 modelId,uint128 cumulative)"
    );

    /// @inheritdoc IInferencePayments
    uint64 public constant WITHDRAWAL_DELAY = 3 days;
    /// @inheritdoc IInferencePayments
    uint256 public constant WALLET_GAS = 300_000;

    /// @inheritdoc IInferencePayments
    mapping(address payer => Withdrawal) public withdrawalOf;

    mapping(address payer => Account) private _accounts;
    mapping(address payer => mapping(uint32 modelId => uint128)) private _redeemed;
    mapping(uint32 modelId => mapping(address owner => mapping(address server => bool))) private _servers;

    constructor(
        IOpenToken token_,
        IModelRegistry modelRegistry_,
        IRewardEscrow escrow_,
        IDatanetStaking staking_,
        address treasury_,
        uint16 protocolBps_,
        uint16 stakersBps_,
        uint16 modelBps_
    )
        EIP712("OpenDatanets InferencePayments", "1")
        RevenueSplit(
            token_,
            modelRegistry_,
            escrow_,
            staking_,
            treasury_,
            protocolBps_,
            stakersBps_,
            modelBps_
        )
    {}

    /// @inheritdoc IInferencePayments
    function deposit(uint128 amount) external {
        // Effect
        uint112 total = (uint256(_accounts[msg.sender].deposit) + amount).toUint112();
        _accounts[msg.sender].deposit = total;
        emit Deposited(msg.sender, amount, total);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IInferencePayments
    function requestWithdrawal(uint128 amount) external {
        // Check
        uint128 balance = _accounts[msg.sender].deposit;
        if (amount > balance) revert InferencePayments_DepositTooLow(amount, balance);

        // Effect
        uint64 at = uint64(block.timestamp) + WITHDRAWAL_DELAY;
        withdrawalOf[msg.sender] = Withdrawal({amount: amount, withdrawableAt: at});
        emit WithdrawalRequested(msg.sender, amount, at);
    }

    /// @inheritdoc IInferencePayments
    function withdraw() external returns (uint128 amount) {
        // Check
        Withdrawal memory withdrawal = withdrawalOf[msg.sender];
        uint64 at = withdrawal.withdrawableAt;
        if (at == 0) revert InferencePayments_NoWithdrawal(msg.sender);
        if (block.timestamp < at) revert InferencePayments_TooEarly(block.timestamp, at);

        // Effect
        uint112 balance = _accounts[msg.sender].deposit;
        amount = withdrawal.amount < balance ? withdrawal.amount : balance;
        _accounts[msg.sender].deposit = balance - uint112(amount);
        delete withdrawalOf[msg.sender];
        emit Withdrawn(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IInferencePayments
    function setServer(uint32 modelId, address server, bool allowed) external {
        address owner = modelRegistry.ownerOf(modelId);
        if (msg.sender != owner) revert InferencePayments_NotModelOwner(msg.sender, owner);
        _servers[modelId][owner][server] = allowed;
        emit ServerSet(modelId, server, allowed);
    }

    /// @inheritdoc IInferencePayments
    function redeem(
        Voucher calldata voucher,
        bytes calldata signature,
        bytes32 receiptsDigest
    ) external returns (uint128 amount) {
        bytes memory fault = _refusal(voucher.modelId);
        if (fault.length == 0) {
            (amount, fault) = _take(voucher, signature, receiptsDigest, type(uint256).max);
        }
        if (fault.length != 0) _revertWith(fault);
        _addRevenue(voucher.modelId, amount);
    }

    /// @inheritdoc IInferencePayments
    function redeemBatch(
        Voucher[] calldata vouchers,
        bytes[] calldata signatures,
        bytes32[] calldata receiptsDigests
    ) external returns (uint128 amount) {
        uint256 count = vouchers.length;
        if (count != signatures.length || count != receiptsDigests.length) {
            revert InferencePayments_LengthMismatch(count, signatures.length, receiptsDigests.length);
        }
        uint256 i = 0;
        while (i < count) {
            // One run of vouchers of the same model: one question to its registry, one write of its revenue.
            uint32 modelId = vouchers[i].modelId;
            bytes memory refusal = _refusal(modelId);
            uint128 sum = 0;
            for (; i < count && vouchers[i].modelId == modelId; ++i) {
                (uint128 taken, bytes memory fault) = (0, refusal);
                if (refusal.length == 0) {
                    (taken, fault) = _take(vouchers[i], signatures[i], receiptsDigests[i], WALLET_GAS);
                }
                if (fault.length != 0) emit VoucherSkipped(vouchers[i].payer, modelId, bytes4(fault));
                sum += taken;
            }
            if (sum != 0) _addRevenue(modelId, sum);
            amount += sum;
        }
    }

    /// @inheritdoc IInferencePayments
    function payDirect(uint32 modelId, uint128 amount, bytes32 requestDigest) external {
        _earn(msg.sender, modelId, amount, requestDigest);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IInferencePayments
    function payWithAuthorization(
        uint32 modelId,
        bytes32 requestDigest,
        Authorization calldata authorization
    ) external {
        _earn(authorization.from, modelId, authorization.value, requestDigest);
        token.receiveWithAuthorization(
            authorization.from,
            address(this),
            authorization.value,
            authorization.validAfter,
            authorization.validBefore,
            authorizationNonce(modelId, requestDigest, authorization.salt),
            authorization.v,
            authorization.r,
            authorization.s
        );
    }

    /// @inheritdoc IInferencePayments
    function depositOf(address payer) external view returns (uint128) {
        return _accounts[payer].deposit;
    }

    /// @inheritdoc IInferencePayments
    function coverOf(address payer) external view returns (uint128) {
        (uint128 balance, uint128 announced) = (_accounts[payer].deposit, withdrawalOf[payer].amount);
        return announced < balance ? balance - announced : 0;
    }

    /// @inheritdoc IInferencePayments
    function redeemed(address payer, uint32 modelId) external view returns (uint128) {
        Account storage account = _accounts[payer];
        return account.homeModel == modelId ? account.homeRedeemed : _redeemed[payer][modelId];
    }

    /// @inheritdoc IInferencePayments
    function isServer(uint32 modelId, address account) public view returns (bool) {
        return _mayServe(modelId, modelRegistry.ownerOf(modelId), account);
    }

    /// @inheritdoc IInferencePayments
    function voucherDigest(Voucher calldata voucher) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(abi.encode(VOUCHER_TYPEHASH, voucher.payer, voucher.modelId, voucher.cumulative))
            );
    }

    /// @inheritdoc IInferencePayments
    function authorizationNonce(
        uint32 modelId,
        bytes32 requestDigest,
        bytes32 salt
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(modelId, requestDigest, salt));
    }

    /// @dev Takes a voucher's increase from the payer, or returns the encoded error that says why not. The caller adds
    /// it to the model's revenue.
    function _take(
        Voucher calldata voucher,
        bytes calldata signature,
        bytes32 receiptsDigest,
        uint256 walletGas
    ) private returns (uint128 amount, bytes memory fault) {
        // Check
        (address payer, uint32 modelId, uint128 cumulative) = (
            voucher.payer,
            voucher.modelId,
            voucher.cumulative
        );
        Account memory account = _accounts[payer];
        // A payer without a home gives it to this model, and has redeemed nothing.
        bool home = account.homeModel == modelId || account.homeModel == 0;
        uint128 before = home ? account.homeRedeemed : _redeemed[payer][modelId];
        if (cumulative <= before) {
            return (0, abi.encodeWithSelector(InferencePayments_CumulativeFell.selector, cumulative, before));
        }
        fault = _signatureFault(payer, voucherDigest(voucher), signature, walletGas);
        if (fault.length != 0) return (0, fault);
        unchecked {
            amount = cumulative - before;
        }
        if (amount > account.deposit) {
            return (
                0,
                abi.encodeWithSelector(InferencePayments_DepositTooLow.selector, amount, account.deposit)
            );
        }

        // Effect
        unchecked {
            account.deposit -= uint112(amount);
        }
        if (home) {
            (account.homeModel, account.homeRedeemed) = (modelId, uint256(cumulative).toUint112());
        } else {
            _redeemed[payer][modelId] = cumulative;
        }
        _accounts[payer] = account;
        emit VoucherRedeemed(payer, modelId, amount, cumulative, receiptsDigest);
    }

    /// @dev A model with revenue exists; only the first payment has to ask.
    function _earn(address payer, uint32 modelId, uint128 amount, bytes32 requestDigest) private {
        // Check
        if (amount == 0) revert InferencePayments_ZeroAmount(modelId);
        if (revenueOf(modelId) == 0 && modelRegistry.ownerOf(modelId) == address(0)) {
            revert InferencePayments_UnknownModel(modelId);
        }

        // Effect
        _addRevenue(modelId, amount);
        emit PaidDirectly(payer, modelId, amount, requestDigest);
    }

    function _mayServe(uint32 modelId, address owner, address account) private view returns (bool) {
        return owner == account || _servers[modelId][owner][account];
    }

    /// @dev The encoded error if the caller may not redeem for the model, else empty.
    function _refusal(uint32 modelId) private view returns (bytes memory fault) {
        address owner = modelRegistry.ownerOf(modelId);
        if (owner == address(0)) {
            return abi.encodeWithSelector(InferencePayments_UnknownModel.selector, modelId);
        }
        if (!_mayServe(modelId, owner, msg.sender)) {
            return abi.encodeWithSelector(InferencePayments_NotServer.selector, modelId, msg.sender);
        }
    }

    /// @dev The encoded error if the payer did not sign, else empty. A contract wallet that also has a key (EIP-7702) may
    /// sign either way.
    function _signatureFault(
        address payer,
        bytes32 digest,
        bytes calldata signature,
        uint256 walletGas
    ) private view returns (bytes memory) {
        (address recovered, , ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (recovered != address(0) && recovered == payer) return "";
        if (payer.code.length != 0 && _walletAccepts(payer, digest, signature, walletGas)) return "";
        return abi.encodeWithSelector(InferencePayments_WrongSigner.selector, recovered, payer);
    }

    /// @dev Not OpenZeppelin's checker, which lends the wallet all gas: one wallet could then stop a whole batch. No more
    /// than a word of the answer is copied.
    function _walletAccepts(
        address wallet,
        bytes32 digest,
        bytes calldata signature,
        uint256 walletGas
    ) private view returns (bool accepted) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 magic = IERC1271.isValidSignature.selector;
        assembly ("memory-safe") {
            accepted := staticcall(walletGas, wallet, add(question, 0x20), mload(question), 0x00, 0x20)
            accepted := and(accepted, and(gt(returndatasize(), 0x1f), eq(mload(0x00), magic)))
        }
    }

    function _revertWith(bytes memory fault) private pure {
        assembly ("memory-safe") {
            revert(add(fault, 0x20), mload(fault))
        }
    }
}
