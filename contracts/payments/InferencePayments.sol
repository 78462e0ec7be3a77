// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IInferencePayments} from "../interfaces/IInferencePayments.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardEscrow} from "../interfaces/IRewardEscrow.sol";

/// @title InferencePayments
/// @notice See {IInferencePayments}.
contract InferencePayments is IInferencePayments, EIP712, Ownable2Step {
    using SafeERC20 for IOpenToken;

    struct Withdrawal {
        uint128 amount;
        uint64 withdrawableAt;
    }

    struct Owed {
        uint128 contributors;
        uint128 owner;
    }

    bytes32 private constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(address payer,uint32 modelId,uint128 cumulative)"
    );
    uint256 private constant WHOLE = 10_000;
    uint64 private constant MODEL_POOL = 2 << 32;

    /// @inheritdoc IInferencePayments
    uint64 public constant WITHDRAWAL_DELAY = 3 days;

    /// @inheritdoc IInferencePayments
    IOpenToken public immutable token;
    /// @inheritdoc IInferencePayments
    IModelRegistry public immutable modelRegistry;
    /// @inheritdoc IInferencePayments
    IRewardEscrow public immutable escrow;
    /// @inheritdoc IInferencePayments
    address public immutable treasury;
    /// @inheritdoc IInferencePayments
    uint16 public immutable protocolBps;
    /// @inheritdoc IInferencePayments
    uint16 public immutable stakersBps;
    /// @inheritdoc IInferencePayments
    uint16 public immutable modelBps;

    /// @inheritdoc IInferencePayments
    uint128 public owedProtocol;
    /// @inheritdoc IInferencePayments
    uint128 public owedStakers;
    /// @inheritdoc IInferencePayments
    mapping(uint32 modelId => Owed) public owed;
    /// @inheritdoc IInferencePayments
    mapping(address payer => uint128) public depositOf;
    /// @inheritdoc IInferencePayments
    mapping(address payer => Withdrawal) public withdrawalOf;
    /// @inheritdoc IInferencePayments
    mapping(address payer => mapping(uint32 modelId => uint128)) public redeemed;

    mapping(uint32 modelId => mapping(address server => bool)) private _servers;

    constructor(
        IOpenToken token_,
        IModelRegistry modelRegistry_,
        IRewardEscrow escrow_,
        address owner,
        address treasury_,
        uint16 protocolBps_,
        uint16 stakersBps_,
        uint16 modelBps_
    ) EIP712("OpenDatanets InferencePayments", "1") Ownable(owner) {
        uint256 sum = uint256(protocolBps_) + stakersBps_ + modelBps_;
        if (sum > WHOLE) revert InferencePayments_SharesTooHigh(sum, WHOLE);
        if (treasury_ == address(0)) revert InferencePayments_ZeroTreasury();
        token = token_;
        modelRegistry = modelRegistry_;
        escrow = escrow_;
        treasury = treasury_;
        protocolBps = protocolBps_;
        stakersBps = stakersBps_;
        modelBps = modelBps_;
    }

    /// @inheritdoc IInferencePayments
    function deposit(uint128 amount) external {
        // Effect
        uint128 total = depositOf[msg.sender] + amount;
        depositOf[msg.sender] = total;
        emit Deposited(msg.sender, amount, total);

        // Interaction
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IInferencePayments
    function requestWithdrawal(uint128 amount) external {
        // Check
        uint128 balance = depositOf[msg.sender];
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
        uint128 balance = depositOf[msg.sender];
        amount = withdrawal.amount < balance ? withdrawal.amount : balance;
        depositOf[msg.sender] = balance - amount;
        delete withdrawalOf[msg.sender];
        emit Withdrawn(msg.sender, amount);

        // Interaction
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IInferencePayments
    function setServer(uint32 modelId, address server, bool allowed) external {
        address owner = modelRegistry.ownerOf(modelId);
        if (msg.sender != owner) revert InferencePayments_NotModelOwner(msg.sender, owner);
        _servers[modelId][server] = allowed;
        emit ServerSet(modelId, server, allowed);
    }

    /// @inheritdoc IInferencePayments
    function redeem(
        Voucher calldata voucher,
        bytes calldata signature,
        bytes32 receiptsDigest
    ) external returns (uint128 amount) {
        return _redeem(voucher, signature, receiptsDigest);
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
        for (uint256 i = 0; i < count; ++i) {
            amount += _redeem(vouchers[i], signatures[i], receiptsDigests[i]);
        }
    }

    /// @inheritdoc IInferencePayments
    function collectContributors(uint32 modelId) external returns (uint128 amount) {
        amount = _requireOwed(owed[modelId].contributors);
        owed[modelId].contributors = 0;
        emit ContributorsCollected(modelId, amount);

        token.approve(address(escrow), amount);
        escrow.fund(MODEL_POOL | modelId, amount);
    }

    /// @inheritdoc IInferencePayments
    function collectOwner(uint32 modelId) external returns (uint128 amount) {
        amount = _requireOwed(owed[modelId].owner);
        address owner = modelRegistry.ownerOf(modelId);
        owed[modelId].owner = 0;
        emit OwnerCollected(modelId, owner, amount);

        token.safeTransfer(owner, amount);
    }

    /// @inheritdoc IInferencePayments
    function collectProtocol() external returns (uint128 amount) {
        amount = _requireOwed(owedProtocol);
        owedProtocol = 0;
        emit ProtocolCollected(amount);

        token.safeTransfer(treasury, amount);
    }

    /// @inheritdoc IInferencePayments
    function collectStakers(address to) external onlyOwner returns (uint128 amount) {
        amount = _requireOwed(owedStakers);
        owedStakers = 0;
        emit StakersCollected(to, amount);

        token.safeTransfer(to, amount);
    }

    /// @inheritdoc IInferencePayments
    function voucherDigest(Voucher calldata voucher) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(abi.encode(VOUCHER_TYPEHASH, voucher.payer, voucher.modelId, voucher.cumulative))
            );
    }

    /// @inheritdoc IInferencePayments
    function isServer(uint32 modelId, address account) public view returns (bool) {
        return _servers[modelId][account] || modelRegistry.ownerOf(modelId) == account;
    }

    function _redeem(
        Voucher calldata voucher,
        bytes calldata signature,
        bytes32 receiptsDigest
    ) private returns (uint128 amount) {
        // Check
        (address payer, uint32 modelId) = (voucher.payer, voucher.modelId);
        uint128 before = redeemed[payer][modelId];
        uint128 balance = depositOf[payer];
        if (modelRegistry.ownerOf(modelId) == address(0)) revert InferencePayments_UnknownModel(modelId);
        if (!isServer(modelId, msg.sender)) revert InferencePayments_NotServer(modelId, msg.sender);
        if (voucher.cumulative <= before) revert InferencePayments_CumulativeFell(voucher.cumulative, before);
        _requireSigned(payer, voucherDigest(voucher), signature);
        amount = voucher.cumulative - before;
        if (amount > balance) revert InferencePayments_DepositTooLow(amount, balance);

        // Effect
        redeemed[payer][modelId] = voucher.cumulative;
        depositOf[payer] = balance - amount;
        _split(modelId, amount);
        emit VoucherRedeemed(payer, modelId, amount, voucher.cumulative, receiptsDigest);
    }

    function _split(uint32 modelId, uint128 amount) private {
        uint128 protocol = _share(amount, protocolBps);
        uint128 stakers = _share(amount, stakersBps);
        uint128 model = _share(amount, modelBps);
        owedProtocol += protocol;
        owedStakers += stakers;
        Owed storage due = owed[modelId];
        due.owner += model;
        due.contributors += amount - protocol - stakers - model;
    }

    /// @dev A contract wallet that also has a key (EIP-7702) may sign either way.
    function _requireSigned(address payer, bytes32 digest, bytes calldata signature) private view {
        (address recovered, , ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (recovered != address(0) && recovered == payer) return;
        if (payer.code.length != 0) {
            if (SignatureChecker.isValidERC1271SignatureNowCalldata(payer, digest, signature)) return;
        }
        revert InferencePayments_WrongSigner(recovered, payer);
    }

    function _share(uint128 amount, uint16 bps) private pure returns (uint128) {
        return uint128((uint256(amount) * bps) / WHOLE);
    }

    function _requireOwed(uint128 amount) private pure returns (uint128) {
        if (amount == 0) revert InferencePayments_NothingOwed();
        return amount;
    }
}
