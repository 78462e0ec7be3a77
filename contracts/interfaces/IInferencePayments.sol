// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetStaking} from "./IDatanetStaking.sol";
import {IModelRegistry} from "./IModelRegistry.sol";
import {IOpenToken} from "./IOpenToken.sol";
import {IRewardEscrow} from "./IRewardEscrow.sol";

/// @title IInferencePayments
/// @notice Pays models in OPEN: from a deposit by cumulative vouchers, directly, or by a signed EIP-3009 authorization.
/// Whatever a model takes is split between protocol, stakers, its owner and its contributors, by counters that only
/// grow; every part is pulled. An owner's part goes on to the model's base by its lineage share, one step per call, so
/// that no payment costs more for a deep lineage.
/// @dev Assumptions: a payer watches its own receipts and signs no more than it consumed; a model's lineage never
/// changes, and without a base it is nothing; OPEN has no hooks and no fee. Safety: a payer loses at most what it signed: a voucher is good only for its
/// payer, model, chain and contract, and only for its increase; an authorization is bound to its model and request by
/// its nonce. Every wei taken belongs to exactly one of the four or is dust. Liveness: a deposit leaves only after a
/// delay; a server that serves a payer no further than `coverOf`, and redeems within the delay, is paid, unless the
/// payer spends the same cover at another server first: cover is shared by all models. A payer with code (ERC-1271) can
/// refuse at redemption the signature that it accepted off chain: a server should redeem its vouchers soon, or take only
/// payers that sign by ECDSA.
///
/// Dust: each part is `floor(total * share)` of all that was ever taken, so parts never shrink and do not depend on how
/// a total was cut into payments. What the floors hold back (less than 2 wei a model and 2 wei more in all) stays here and
/// counts for the next payment. A lineage step holds nothing back. Dust is nobody's profit and is never swept.
interface IInferencePayments {
    /// @notice "The payer owes the model `cumulative` wei in total, over all time." Signed under EIP-712.
    struct Voucher {
        address payer;
        uint32 modelId;
        uint128 cumulative;
    }

    /// @notice What a payer signs under EIP-3009, as `ReceiveWithAuthorization` to this contract with the nonce of
    /// `authorizationNonce`. Times are in seconds since 1970, both bounds exclusive.
    struct Authorization {
        address from;
        uint128 value;
        uint64 validAfter;
        uint64 validBefore;
        bytes32 salt;
        uint8 v;
        bytes32 r;
        bytes32 s;
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
    /// @notice A batch went on without this voucher; `reason` is the selector of the error that `redeem` gives for it.
    event VoucherSkipped(address indexed payer, uint32 indexed modelId, bytes4 reason);
    /// @notice A model was paid without a deposit, for the request with that digest.
    event PaidDirectly(
        address indexed payer,
        uint32 indexed modelId,
        uint128 amount,
        bytes32 indexed requestDigest
    );
    /// @notice `amount` wei of models' revenue now count for the protocol and the stakers; `total` is all that does.
    event Tallied(uint128 amount, uint128 total);
    /// @notice A model's owner part was passed on to the owner of its base.
    event LineagePassed(uint32 indexed modelId, uint32 indexed baseModelId, uint128 amount);
    /// @notice The contributors' part of a model's fees went to its pool in the escrow.
    event ContributorsCollected(uint32 indexed modelId, uint128 amount);
    /// @notice The owner's part of a model's fees was paid.
    event OwnerCollected(uint32 indexed modelId, address indexed owner, uint128 amount);
    /// @notice The protocol's part was paid to the treasury.
    event ProtocolCollected(uint128 amount);
    /// @notice The stakers' part was paid to the staking contract.
    event StakersCollected(uint128 amount);

    /// @notice Thrown when the fixed shares exceed the whole, in parts of 10,000.
    error InferencePayments_SharesTooHigh(uint256 sum, uint256 whole);
    /// @notice Thrown when the treasury would be zero.
    error InferencePayments_ZeroTreasury();
    /// @notice Thrown when a payment names a model that is not registered.
    error InferencePayments_UnknownModel(uint32 modelId);
    /// @notice Thrown when a model is paid nothing.
    error InferencePayments_ZeroAmount(uint32 modelId);
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

    /// @notice Lets a server redeem vouchers for a model, or stops it. Only the model's owner. A new owner of the model
    /// starts without servers.
    function setServer(uint32 modelId, address server, bool allowed) external;

    /// @notice Takes the increase of a voucher from the payer's deposit and splits it. Only the model's owner or one of
    /// its servers: the digest decides who is paid for the use, and the payer did not sign it.
    /// @param signature By the payer: ECDSA, or ERC-1271 if the payer has code, or either (EIP-7702).
    /// @param receiptsDigest SHA-256 of the receipts for the increase.
    /// @return amount The increase, in wei.
    function redeem(
        Voucher calldata voucher,
        bytes calldata signature,
        bytes32 receiptsDigest
    ) external returns (uint128 amount);

    /// @notice Redeems several vouchers. A bad one is skipped and reported; so is one whose wallet contract needs more
    /// than `WALLET_GAS` to check its signature (`redeem` sets no such bound). Cheapest when sorted by model.
    /// @return amount What was redeemed in all, in wei.
    function redeemBatch(
        Voucher[] calldata vouchers,
        bytes[] calldata signatures,
        bytes32[] calldata receiptsDigests
    ) external returns (uint128 amount);

    /// @notice Pays a model with the caller's tokens, which must be approved.
    /// @param requestDigest What is paid for, as the payer and the server agreed.
    function payDirect(uint32 modelId, uint128 amount, bytes32 requestDigest) external;

    /// @notice Pays a model with the signer's tokens. Anyone may send it; nobody can use it for another model or request.
    /// A plain `TransferWithAuthorization` must not be signed to this contract: it would be paid to nobody.
    function payWithAuthorization(
        uint32 modelId,
        bytes32 requestDigest,
        Authorization calldata authorization
    ) external;

    /// @notice Counts what these models took since their last count for the protocol and the stakers. Anyone may call;
    /// collecting for a model does it too. Kept off the payments, which write one counter instead of two.
    function tally(uint32[] calldata modelIds) external returns (uint128 amount);

    /// @notice Passes the base's share of a model's owner part to its base, one step. Anyone may call.
    function passLineage(uint32 modelId) external returns (uint128 amount);

    /// @notice Moves the contributors' part of a model's fees to the pool `(2 << 32) | modelId`. Anyone may call.
    function collectContributors(uint32 modelId) external returns (uint128 amount);

    /// @notice Pays a model's present owner its part, after passing the base's share on. Anyone may call.
    function collectOwner(uint32 modelId) external returns (uint128 amount);

    /// @notice Pays the treasury its part of what was tallied. Anyone may call.
    function collectProtocol() external returns (uint128 amount);

    /// @notice Pays the stakers their part of what was tallied. Anyone may call.
    function collectStakers() external returns (uint128 amount);

    /// @notice The EIP-712 digest that a payer signs.
    function voucherDigest(Voucher calldata voucher) external view returns (bytes32);

    /// @notice The EIP-3009 nonce that binds an authorization to a model and a request. The salt lets one request be paid
    /// more than once.
    function authorizationNonce(
        uint32 modelId,
        bytes32 requestDigest,
        bytes32 salt
    ) external pure returns (bytes32);

    /// @notice A payer's deposit, in wei.
    function depositOf(address payer) external view returns (uint128);

    /// @notice What of a deposit is certain to stay for `WITHDRAWAL_DELAY`: the deposit less the announced withdrawal.
    /// A server should serve no further than this beyond its last redemption.
    function coverOf(address payer) external view returns (uint128);

    /// @notice A payer's announced withdrawal, in wei, and its time, in seconds since 1970; zeros if there is none.
    function withdrawalOf(address payer) external view returns (uint128 amount, uint64 withdrawableAt);

    /// @notice All that was ever redeemed from a payer for a model, in wei.
    function redeemed(address payer, uint32 modelId) external view returns (uint128);

    /// @notice Whether an account may redeem vouchers for a model.
    function isServer(uint32 modelId, address account) external view returns (bool);

    /// @notice All that a model ever took, in wei.
    function revenueOf(uint32 modelId) external view returns (uint128);

    /// @notice All that the protocol ever earned from a model, collected or not, in wei. It never falls.
    function protocolFeesOf(uint32 modelId) external view returns (uint128);

    /// @notice What a model's contributors and owner can collect, in wei; the owner's without the base's share.
    function owed(uint32 modelId) external view returns (uint128 contributors, uint128 owner);

    /// @notice What a model's base can be passed, in wei.
    function owedLineage(uint32 modelId) external view returns (uint128);

    /// @notice What the treasury can collect, in wei: its part of what was tallied.
    function owedProtocol() external view returns (uint128);

    /// @notice What the stakers can collect, in wei: their part of what was tallied.
    function owedStakers() external view returns (uint128);

    /// @notice How long a withdrawal is announced before it can be made, in seconds.
    function WITHDRAWAL_DELAY() external view returns (uint64);

    /// @notice The gas that a batch lends a wallet contract to check one signature.
    function WALLET_GAS() external view returns (uint256);

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

    /// @notice Where the stakers' part goes.
    function staking() external view returns (IDatanetStaking);

    /// @notice Where the protocol's part goes.
    function treasury() external view returns (address);
}
