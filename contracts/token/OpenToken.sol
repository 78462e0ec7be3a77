// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IContributorRegistry} from "../interfaces/IContributorRegistry.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";

/// @title OpenToken
/// @notice See {IOpenToken}.
/// @dev Balances are added to unchecked: the supply is fixed at construction and far below 2^120, so that no sum of
/// balances can reach the flags above them.
contract OpenToken is IOpenToken, Votes, AccessManaged {
    /// @dev paid (128 bits) | flags (8) | balance (120). A struct, so that its slot is found once and kept.
    struct Account {
        uint256 bits;
    }

    string private constant NAME = "Open Datanets";
    uint256 private constant SUPPLY = 1_000_000_000e18;
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL_TYPEHASH = keccak256(
        "CancelAuthorization(address authorizer,bytes32 nonce)"
    );

    uint256 private constant BALANCE_MASK = (1 << 120) - 1;
    uint256 private constant DELEGATED = 1 << 120;
    uint256 private constant DISTRIBUTOR = 1 << 121;
    uint256 private constant REDIRECTED = 1 << 122;
    uint256 private constant GUARDED = 1 << 123;
    /// @dev Accounts for which a payment has to ask the payout registry.
    uint256 private constant RULED = REDIRECTED | GUARDED;
    uint256 private constant UNPAID_MASK = (1 << 128) - 1;
    uint256 private constant PAID_SHIFT = 128;

    mapping(address => Account) private _accounts;
    mapping(address account => mapping(address spender => uint256)) private _allowances;
    mapping(address authorizer => mapping(bytes32 nonce => bool)) private _usedAuthorizations;
    /// @inheritdoc IOpenToken
    address public payoutRegistry;

    constructor(address holder, address authority) EIP712(NAME, "1") AccessManaged(authority) {
        if (holder == address(0)) revert ERC20InvalidReceiver(holder);
        _accounts[holder].bits = SUPPLY;
        emit Transfer(address(0), holder, SUPPLY);
        _transferVotingUnits(address(0), holder, SUPPLY);
    }

    /// @inheritdoc IOpenToken
    function setDistributor(address distributor, bool enabled) external restricted {
        _setFlag(distributor, DISTRIBUTOR, enabled);
        emit DistributorSet(distributor, enabled);
    }

    /// @inheritdoc IOpenToken
    function setPayoutRegistry(address registry) external restricted {
        address current = payoutRegistry;
        if (current != address(0)) revert OpenToken_PayoutRegistryAlreadySet(current);
        payoutRegistry = registry;
        emit PayoutRegistrySet(registry);
    }

    /// @inheritdoc IOpenToken
    function setPayoutFlags(address account, bool redirected, bool guarded) external {
        address registry = payoutRegistry;
        if (msg.sender != registry) revert OpenToken_NotPayoutRegistry(msg.sender, registry);
        _setFlag(account, REDIRECTED, redirected);
        _setFlag(account, GUARDED, guarded);
    }

    /// @inheritdoc IOpenToken
    function payCumulative(address to, uint128 cumulative, address caller) external returns (uint256 amount) {
        // Check
        Account storage payer = _accounts[msg.sender];
        Account storage payee = _accounts[to];
        (uint256 payerBits, uint256 payeeBits) = (payer.bits, payee.bits);
        if (payerBits & DISTRIBUTOR == 0) revert OpenToken_NotDistributor(msg.sender);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        uint256 alreadyPaid = payeeBits >> PAID_SHIFT;
        if (cumulative <= alreadyPaid) return 0;
        unchecked {
            amount = cumulative - alreadyPaid;
        }
        uint256 paidBits = uint256(cumulative) << PAID_SHIFT;
        if (payeeBits & RULED != 0) {
            address payout = IContributorRegistry(payoutRegistry).payoutFor(to, caller);
            if (payout == address(0)) revert OpenToken_NotClaimer(caller, to);
            if (payout != to) {
                // Effect, for a payment that goes elsewhere
                payee.bits = (payeeBits & UNPAID_MASK) | paidBits;
                _transfer(msg.sender, payout, amount);
                return amount;
            }
        }

        // Effect
        _debit(msg.sender, payer, payerBits, amount);
        // A distributor that pays itself has just changed the slot.
        if (to == msg.sender) payeeBits = payee.bits;
        unchecked {
            payee.bits = ((payeeBits & UNPAID_MASK) + amount) | paidBits;
        }
        _finishMove(payerBits | payeeBits, msg.sender, to, amount);
    }

    /// @inheritdoc IOpenToken
    function burn(uint256 amount) external {
        _move(msg.sender, address(0), amount);
    }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        mapping(address => uint256) storage allowances = _allowances[from];
        uint256 allowed = allowances[msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
            allowances[msg.sender] = allowed - amount;
        }
        _transfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    /// @inheritdoc IERC20Permit
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline))
        );
        address signer = ECDSA.recover(digest, v, r, s);
        if (signer != owner) revert ERC2612InvalidSigner(signer, owner);
        _approve(owner, spender, value);
    }

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _checkWindow(validAfter, validBefore);
        _useAuthorization(from, nonce, _hashSigned(TRANSFER_TYPEHASH, msg.data[4:196]), v, r, s);
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (to != msg.sender) revert OpenToken_NotPayee(msg.sender, to);
        _checkWindow(validAfter, validBefore);
        _useAuthorization(from, nonce, _hashSigned(RECEIVE_TYPEHASH, msg.data[4:196]), v, r, s);
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    /// @inheritdoc IERC3009Cancel
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _useAuthorization(authorizer, nonce, _hashSigned(CANCEL_TYPEHASH, msg.data[4:68]), v, r, s);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @inheritdoc IERC3009
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _usedAuthorizations[authorizer][nonce];
    }

    /// @inheritdoc IOpenToken
    function paid(address account) external view returns (uint256) {
        return _accounts[account].bits >> PAID_SHIFT;
    }

    /// @inheritdoc IOpenToken
    function isDistributor(address account) external view returns (bool) {
        return _accounts[account].bits & DISTRIBUTOR != 0;
    }

    /// @inheritdoc IERC20
    function allowance(address account, address spender) external view returns (uint256) {
        return _allowances[account][spender];
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _getTotalSupply();
    }

    /// @inheritdoc IERC20Permit
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IERC20Metadata
    function name() external pure returns (string memory) {
        return NAME;
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external pure returns (string memory) {
        return "OPEN";
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @inheritdoc IERC165
    /// @dev IERC5805 has no function of its own, so its identifier is that of its two parts together.
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return
            id == type(IERC165).interfaceId ||
            id == type(IERC20).interfaceId ||
            id == type(IERC20Metadata).interfaceId ||
            id == type(IERC20Permit).interfaceId ||
            id == type(IVotes).interfaceId ||
            id == type(IERC6372).interfaceId ||
            id == type(IVotes).interfaceId ^ type(IERC6372).interfaceId ||
            id == type(IERC3009).interfaceId ||
            id == type(IERC3009Cancel).interfaceId;
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) public view returns (uint256) {
        return _accounts[account].bits & BALANCE_MASK;
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @notice Votes are counted in seconds, not blocks: a rollup's block number is not a clock.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice See ERC-6372.
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @dev The flag keeps accounts that never delegated from paying for votes at each transfer.
    function _delegate(address account, address delegatee) internal override {
        _setFlag(account, DELEGATED, delegatee != address(0));
        super._delegate(account, delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return balanceOf(account);
    }

    function _setFlag(address account, uint256 flag, bool enabled) private {
        Account storage stored = _accounts[account];
        uint256 bits = stored.bits;
        stored.bits = enabled ? bits | flag : bits & ~flag;
    }

    /// @dev Marks the nonce used, if `authorizer` signed `structHash`.
    function _useAuthorization(
        address authorizer,
        bytes32 nonce,
        bytes32 digest,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) private {
        mapping(bytes32 => bool) storage used = _usedAuthorizations[authorizer];
        if (used[nonce]) revert OpenToken_AuthorizationUsed(authorizer, nonce);
        address signer = ECDSA.recover(digest, v, r, s);
        if (signer != authorizer) revert OpenToken_InvalidSigner(signer, authorizer);
        used[nonce] = true;
    }

    function _transfer(address from, address to, uint256 amount) private {
        if (from == address(0)) revert ERC20InvalidSender(from);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        _move(from, to, amount);
    }

    /// @dev What is sent to address zero is burned.
    function _move(address from, address to, uint256 amount) private {
        Account storage sender = _accounts[from];
        uint256 flags = sender.bits;
        _debit(from, sender, flags, amount);
        if (to == address(0)) {
            flags = DELEGATED;
        } else {
            Account storage receiver = _accounts[to];
            uint256 receiverBits = receiver.bits;
            unchecked {
                receiver.bits = receiverBits + amount;
            }
            flags |= receiverBits;
        }
        _finishMove(flags, from, to, amount);
    }

    /// @dev `flags` are those of both sides: where nobody delegated there are no votes to move.
    function _finishMove(uint256 flags, address from, address to, uint256 amount) private {
        emit Transfer(from, to, amount);
        if (flags & DELEGATED != 0) _transferVotingUnits(from, to, amount);
    }

    /// @dev `bits` is what the account's slot holds.
    function _debit(address from, Account storage account, uint256 bits, uint256 amount) private {
        uint256 balance = bits & BALANCE_MASK;
        if (balance < amount) revert ERC20InsufficientBalance(from, balance, amount);
        unchecked {
            account.bits = bits - amount;
        }
    }

    function _approve(address owner, address spender, uint256 amount) private {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        _allowances[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    /// @dev `fields` are a struct's members, all of them words, as they came in calldata: just as EIP-712 encodes them.
    function _hashSigned(bytes32 typehash, bytes calldata fields) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(bytes.concat(typehash, fields)));
    }

    function _checkWindow(uint256 validAfter, uint256 validBefore) private view {
        if (block.timestamp <= validAfter) {
            revert OpenToken_AuthorizationNotYetValid(block.timestamp, validAfter);
        }
        if (block.timestamp >= validBefore)
            revert OpenToken_AuthorizationExpired(block.timestamp, validBefore);
    }
}
