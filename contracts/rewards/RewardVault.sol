// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardVault} from "../interfaces/IRewardVault.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";

/// @title RewardVault
/// @notice See {IRewardVault}.
contract RewardVault is IRewardVault {
    /// @dev One slot, the only one of the vault that a claim reads.
    struct RootSlot {
        bytes24 ledgerRoot;
        uint32 epoch;
        uint32 flags;
    }

    uint256 private constant PACKED_HEAD = 56;
    uint256 private constant ENTRY = 36;

    /// @inheritdoc IRewardVault
    IOpenToken public immutable token;
    /// @inheritdoc IRewardVault
    uint32 public immutable specVersion;
    /// @inheritdoc IRewardVault
    bytes32 public immutable DOMAIN;
    /// @inheritdoc IRewardVault
    RootSlot public root;
    /// @inheritdoc IRewardVault
    address public oracle;

    constructor(IOpenToken token_, address initialOracle, uint32 specVersion_) {
        token = token_;
        specVersion = specVersion_;
        DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.LEDGER_TAG, address(this), specVersion_);
        _setOracle(initialOracle);
    }

    /// @inheritdoc IRewardVault
    function setOracle(address newOracle) external {
        _requireOracle();
        _setOracle(newOracle);
    }

    /// @inheritdoc IRewardVault
    function setRoot(bytes24 newRoot, uint32 epoch) external {
        _requireOracle();
        root = RootSlot({ledgerRoot: newRoot, epoch: epoch, flags: 0});
    }

    /// @inheritdoc IRewardVault
    function claim(
        uint32 index,
        address account,
        uint128 cumulative,
        uint128 prefix,
        bytes calldata proof
    ) external returns (uint256) {
        return _claim(index, account, cumulative, prefix, proof);
    }

    /// @inheritdoc IRewardVault
    function claimPacked(bytes calldata packed) external returns (uint256) {
        if (packed.length < PACKED_HEAD) revert RewardVault_WrongLength(packed.length);
        uint32 index;
        address account;
        uint128 cumulative;
        uint128 prefix;
        bytes calldata proof;
        assembly ("memory-safe") {
            let at := packed.offset
            index := shr(224, calldataload(at))
            account := shr(96, calldataload(add(at, 4)))
            cumulative := shr(128, calldataload(add(at, 24)))
            prefix := shr(128, calldataload(add(at, 40)))
            proof.offset := add(at, PACKED_HEAD)
            proof.length := sub(packed.length, PACKED_HEAD)
        }
        return _claim(index, account, cumulative, prefix, proof);
    }

    /// @inheritdoc IRewardVault
    function claimBatch(
        uint32 firstIndex,
        uint128 firstPrefix,
        bytes calldata entries,
        bytes calldata proof
    ) external returns (uint256 amount) {
        // Check
        uint256 count = entries.length / ENTRY;
        if (count == 0 || entries.length % ENTRY != 0) revert RewardVault_WrongLength(entries.length);
        uint256 height = CumulativeMerkle.heightOf(count);
        uint256 position = uint256(firstIndex) >> height;
        if (position << height != firstIndex) revert RewardVault_Unaligned(firstIndex, count);
        bytes memory leaves = CumulativeMerkle.ledgerLeaves(DOMAIN, firstPrefix, entries);
        _requireRoot(CumulativeMerkle.subtreeRoot(leaves, height), position, proof);

        // Effect and interaction in one: the token counts what it pays.
        amount = _payEntries(firstIndex, entries);
        emit BatchClaimed(firstIndex, count, amount);
    }

    function _claim(
        uint32 index,
        address account,
        uint128 cumulative,
        uint128 prefix,
        bytes calldata proof
    ) private returns (uint256) {
        // Check
        _requireRoot(CumulativeMerkle.ledgerLeaf(DOMAIN, account, cumulative, prefix), index, proof);

        // Effect and interaction in one: the token counts what it pays.
        (bytes4 reason, uint256 amount) = _pay(account, cumulative);
        if (amount == 0) {
            if (reason == 0) revert RewardVault_NothingToClaim(account, cumulative);
            assembly ("memory-safe") {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
        emit Claimed(index, account, amount, cumulative);
        return amount;
    }

    /// @dev `entries` are whole.
    function _payEntries(uint256 index, bytes calldata entries) private returns (uint256 total) {
        // The supply is far below the range of the sum, the entries below that of the index.
        unchecked {
            for (uint256 at = 0; at < entries.length; at += ENTRY) {
                address account;
                uint128 cumulative;
                assembly ("memory-safe") {
                    let from := add(entries.offset, at)
                    account := shr(96, calldataload(from))
                    cumulative := shr(128, calldataload(add(from, 20)))
                }
                (bytes4 reason, uint256 amount) = _pay(account, cumulative);
                if (amount == 0) emit ClaimSkipped(uint32(index), account, reason);
                total += amount;
                ++index;
            }
        }
    }

    /// @dev `token.payCumulative(account, cumulative, msg.sender)`, in the one place where every claim of a batch pays
    /// for each step. `amount` is zero after a failure, which stays in the return data and whose selector is `reason`.
    function _pay(address account, uint128 cumulative) private returns (bytes4 reason, uint256 amount) {
        IOpenToken payer = token;
        bytes32 selector = IOpenToken.payCumulative.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 0x04), account)
            mstore(add(free, 0x24), cumulative)
            mstore(add(free, 0x44), caller())
            // Stays if the token fails without a word.
            mstore(0x00, not(0))
            switch call(gas(), payer, 0, free, 0x64, 0x00, 0x20)
            case 0 {
                reason := shl(224, shr(224, mload(0x00)))
            }
            default {
                amount := mload(0x00)
            }
        }
    }

    function _setOracle(address newOracle) private {
        if (newOracle == address(0)) revert RewardVault_ZeroOracle();
        oracle = newOracle;
        emit OracleSet(newOracle);
    }

    function _requireOracle() private view {
        if (msg.sender != oracle) revert RewardVault_NotOracle(msg.sender);
    }

    function _requireRoot(bytes24 node, uint256 position, bytes calldata proof) private view {
        bytes24 ledgerRoot = root.ledgerRoot;
        if (ledgerRoot == 0) revert RewardVault_Paused();
        bytes24 computed = CumulativeMerkle.processProof(node, position, proof);
        if (computed != ledgerRoot) revert RewardVault_InvalidProof(computed, ledgerRoot);
    }
}
