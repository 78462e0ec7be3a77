// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC6372Utils} from "@openzeppelin/contracts/utils/ERC6372Utils.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";

/// @title OpenToken
/// @notice See {IOpenToken}.
/// @dev Balances are added to unchecked: the supply is fixed at construction and far below 2^120, so that no sum of
/// balances can reach the flags above them.
contract OpenToken is IOpenToken, Votes, Ownable2Step {
    /// @dev paid (128 bits) | flags (8) | balance (120). A struct, so that its slot is found once and kept.
    struct Account {
        uint256 bits;
    }

    uint256 private constant SUPPLY = 1_000_000_000e18;
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    uint256 private constant BALANCE_MASK = (1 << 120) - 1;
    uint256 private constant DELEGATED = 1 << 120;
    uint256 private constant DISTRIBUTOR = 1 << 121;
    uint256 private constant UNPAID_MASK = (1 << 128) - 1;
    uint256 private constant PAID_SHIFT = 128;

    mapping(address => Account) private _accounts;
    mapping(address account => mapping(address spender => uint256)) private _allowances;

    constructor(address holder, address owner) EIP712("Open Datanets", "1") Ownable(owner) {
        if (holder == address(0)) revert ERC20InvalidReceiver(holder);
        _accounts[holder].bits = SUPPLY;
        emit Transfer(address(0), holder, SUPPLY);
        _transferVotingUnits(address(0), holder, SUPPLY);
    }

    /// @inheritdoc IOpenToken
    function setDistributor(address distributor, bool enabled) external onlyOwner {
        uint256 bits = _accounts[distributor].bits;
        _accounts[distributor].bits = enabled ? bits | DISTRIBUTOR : bits & ~DISTRIBUTOR;
        emit DistributorSet(distributor, enabled);
    }

    /// @inheritdoc IOpenToken
    function payCumulative(address to, uint128 cumulative) external returns (uint256 amount) {
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

        // Effect
        _debit(msg.sender, payer, payerBits, amount);
        // A distributor that pays itself has just changed the slot.
        if (to == msg.sender) payeeBits = payee.bits;
        unchecked {
            payee.bits = ((payeeBits & UNPAID_MASK) + amount) | (uint256(cumulative) << PAID_SHIFT);
        }
        emit Transfer(msg.sender, to, amount);
        if ((payerBits | payeeBits) & DELEGATED != 0) _transferVotingUnits(msg.sender, to, amount);
    }

    /// @inheritdoc IOpenToken
    function burn(uint256 amount) external {
        Account storage account = _accounts[msg.sender];
        _debit(msg.sender, account, account.bits, amount);
        emit Transfer(msg.sender, address(0), amount);
        _transferVotingUnits(msg.sender, address(0), amount);
    }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = _allowances[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
            _allowances[from][msg.sender] = allowed - amount;
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
        bytes32 structHash = keccak256(
            abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline)
        );
        address signer = ECDSA.recover(_hashTypedDataV4(structHash), v, r, s);
        if (signer != owner) revert ERC2612InvalidSigner(signer, owner);
        _approve(owner, spender, value);
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
        return "Open Datanets";
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external pure returns (string memory) {
        return "OPEN";
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
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
        return Time.timestamp();
    }

    /// @notice See ERC-6372.
    function CLOCK_MODE() public view override returns (string memory) {
        return ERC6372Utils.timestampClockMode(clock);
    }

    /// @dev The flag keeps accounts that never delegated from paying for votes at each transfer.
    function _delegate(address account, address delegatee) internal override {
        uint256 bits = _accounts[account].bits;
        _accounts[account].bits = delegatee == address(0) ? bits & ~DELEGATED : bits | DELEGATED;
        super._delegate(account, delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return balanceOf(account);
    }

    function _transfer(address from, address to, uint256 amount) private {
        if (from == address(0)) revert ERC20InvalidSender(from);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        Account storage sender = _accounts[from];
        uint256 senderBits = sender.bits;
        _debit(from, sender, senderBits, amount);
        Account storage receiver = _accounts[to];
        uint256 receiverBits = receiver.bits;
        unchecked {
            receiver.bits = receiverBits + amount;
        }
        emit Transfer(from, to, amount);
        if ((senderBits | receiverBits) & DELEGATED != 0) _transferVotingUnits(from, to, amount);
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
}
