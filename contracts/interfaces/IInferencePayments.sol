// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IModelRegistry} from "./IModelRegistry.sol";
import {IOpenToken} from "./IOpenToken.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";

/// @title IInferencePayments
/// @notice Prepaid inference: payers deposit, sign one cumulative voucher per model, and servers redeem the increase,
/// which is split between protocol, stakers, model owner and contributors.
/// @dev Assumptions: a payer watches its own receipts and signs no more than it consumed. Safety: a voucher is good
/// only for its payer, model, chain and contract, and only for its increase; every wei redeemed is owed to exactly one
/// of the four; all payouts are pulled. Liveness: a server redeems before a withdrawal it saw announced can be made.
interface IInferencePayments {
    /// @notice "The payer owes the model `cumulative` wei in total, over all time." Signed under EIP-712.
    struct Voucher {
        address payer;
        uint32 modelId;
        uint128 cumulative;
    }

    /// @notice A payer's deposit grew by `amount` to `total` wei.
    event Deposited(address indexed payer, uint128 amount, uint128 total);
    /// @notice A payer announced a withdrawal of `amount` wei at that time, in seconds since 1970.
    event WithdrawalRequested(address indexed payer, uint128 amount, uint64 withdrawableAt);
    /// @notice A payer took back `amount` wei.
    event Withdrawn(address indexed payer, uint128 amount);
    /// @notice A model owner let a server redeem vouchers for the model, or stopped it.
    event ServerSet(uint32 indexed modelId, address indexed server, bool allowed);
    /// @notice A voucher was redeemed; `receiptsDigest` is the SHA-256 of the receipts that explain `amount`.
    event VoucherRedeemed(
        address indexed payer,
        uint32 indexed modelId,
        uint128 amount,
        uint128 cumulative,
        bytes32 receiptsDigest
    );
    /// @notice The contributors' part of a model's fees went to its pool in the escrow.
    event ContributorsCollected(uint32 indexed modelId, uint128 amount);
    /// @notice The owner's part of a model's fees was paid.
    event OwnerCollected(uint32 indexed modelId, address indexed owner, uint128 amount);
    /// @notice The protocol's part was paid to the treasury.
    event ProtocolCollected(uint128 amount);
    /// @notice The stakers' part was paid.
    event StakersCollected(address indexed to, uint128 amount);

    /// @notice Thrown when the fixed shares exceed the whole, in parts of 10,000.
    error InferencePayments_SharesTooHigh(uint256 sum, uint256 whole);
    /// @notice Thrown when the treasury would be zero.
    error InferencePayments_ZeroTreasury();
    /// @notice Thrown when a voucher names a model that is not registered.
    error InferencePayments_UnknownModel(uint32 modelId);
    /// @notice Thrown when somebody else than a model's owner names its servers.
    error InferencePayments_NotModelOwner(address caller, address owner);
    /// @notice Thrown when the redeemer is neither the model's owner nor one of its servers.
    error InferencePayments_NotServer(uint32 modelId, address caller);
    /// @notice Thrown when a voucher is not above what was already redeemed.
    error InferencePayments_CumulativeFell(uint128 got, uint128 redeemed);
    /// @notice Thrown when the payer did not sign; `recovered` is zero if the signature gives no account.
    error InferencePayments_WrongSigner(address recovered, address payer);
    /// @notice Thrown when a deposit does not cover what is asked of it, in wei.
    error InferencePayments_DepositTooLow(uint256 needed, uint256 deposit);
    /// @notice Thrown when vouchers, signatures and digests differ in number.
    error InferencePayments_LengthMismatch(uint256 vouchers, uint256 signatures, uint256 digests);
    /// @notice Thrown when there is no announced withdrawal.
    error InferencePayments_NoWithdrawal(address payer);
    /// @notice Thrown when a withdrawal is made too early; times are in seconds since 1970.
    error InferencePayments_TooEarly(uint256 timestamp, uint64 withdrawableAt);
    /// @notice Thrown when there is nothing to collect.
    error InferencePayments_NothingOwed();

    /// @notice Adds `amount` wei of the caller's tokens, which must be approved, to its deposit.
    function deposit(uint128 amount) external;

    /// @notice Announces a withdrawal; a later announcement replaces it. The deposit stays redeemable until withdrawn.
    function requestWithdrawal(uint128 amount) external;

    /// @notice Pays back the announced amount, or what redemptions left of the deposit.
    function withdraw() external returns (uint128 amount);

    /// @notice Lets a server redeem vouchers for a model, or stops it. Only the model's owner.
    function setServer(uint32 modelId, address server, bool allowed) external;

    /// @notice Takes the increase of a voucher from the payer's deposit and splits it. Only the model's owner or one of
    /// its servers: the digest decides who is paid for the use, and the payer did not sign it.
    /// @param signature By the payer: ECDSA, or ERC-1271 if the payer is a contract.
    /// @param receiptsDigest SHA-256 of the receipts for the increase.
    /// @return amount The increase, in wei.
    function redeem(
        Voucher calldata voucher,
        bytes calldata signature,
        bytes32 receiptsDigest
    ) external returns (uint128 amount);

    /// @notice Redeems several vouchers, all or none.
    function redeemBatch(
        Voucher[] calldata vouchers,
        bytes[] calldata signatures,
        bytes32[] calldata receiptsDigests
    ) external returns (uint128 amount);

    /// @notice Moves the contributors' part of a model's fees to the pool `(2 << 32) | modelId`.
    function collectContributors(uint32 modelId) external returns (uint128 amount);

    /// @notice Pays a model's owner its part.
    function collectOwner(uint32 modelId) external returns (uint128 amount);

    /// @notice Pays the treasury its part.
    function collectProtocol() external returns (uint128 amount);

    /// @notice Pays the stakers' part to the contract that shares it out. Only the owner.
    function collectStakers(address to) external returns (uint128 amount);

    /// @notice The EIP-712 digest that a payer signs.
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32);

    /// @notice A payer's deposit, in wei.
    function depositOf(address payer) external view returns (uint128);

    /// @notice A payer's announced withdrawal, in wei, and its time, in seconds since 1970; zeros if there is none.
    function withdrawalOf(address payer) external view returns (uint128 amount, uint64 withdrawableAt);

    /// @notice All that was ever redeemed from a payer for a model, in wei.
    function redeemed(address payer, uint32 modelId) external view returns (uint128);

    /// @notice Whether an account may redeem vouchers for a model.
    function isServer(uint32 modelId, address account) external view returns (bool);

    /// @notice What a model's contributors and owner are owed, in wei.
    function owed(uint32 modelId) external view returns (uint128 contributors, uint128 owner);

    /// @notice What the treasury is owed, in wei.
    function owedProtocol() external view returns (uint128);

    /// @notice What the stakers are owed, in wei.
    function owedStakers() external view returns (uint128);

    /// @notice How long a withdrawal is announced before it can be made, in seconds.
    function WITHDRAWAL_DELAY() external view returns (uint64);

    /// @notice The protocol's share in parts of 10,000.
    function protocolBps() external view returns (uint16);

    /// @notice The stakers' share in parts of 10,000.
    function stakersBps() external view returns (uint16);

    /// @notice The model owner's share in parts of 10,000; the contributors get the rest.
    function modelBps() external view returns (uint16);

    /// @notice OPEN.
    function token() external view returns (IOpenToken);

    /// @notice Where models are registered.
    function modelRegistry() external view returns (IModelRegistry);

    /// @notice Where the contributors' part goes.
    function escrow() external view returns (IRewardEscrow);

    /// @notice Where the protocol's part goes.
    function treasury() external view returns (address);
}
