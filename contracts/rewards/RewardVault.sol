// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";
import {IRewardVault} from "../interfaces/IRewardVault.sol";
import {CumulativeMerkle} from "../libraries/CumulativeMerkle.sol";

/// @title RewardVault
/// @notice See {IRewardVault}.
contract RewardVault is IRewardVault, Ownable2Step {
    /// @dev One slot, the only one of the vault that a claim reads.
    struct RootSlot {
        bytes24 ledgerRoot;
        uint32 epoch;
        uint32 flags;
    }

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

    constructor(IOpenToken token_, address owner, uint32 specVersion_) Ownable(owner) {
        token = token_;
        specVersion = specVersion_;
        DOMAIN = CumulativeMerkle.domain(CumulativeMerkle.LEDGER_TAG, address(this), specVersion_);
    }

    /// @inheritdoc IRewardVault
    function setOracle(address oracle_) external onlyOwner {
        if (oracle != address(0)) revert RewardVault_OracleAlreadySet(oracle);
        oracle = oracle_;
    }

    /// @inheritdoc IRewardVault
    function setRoot(bytes24 newRoot, uint32 epoch) external {
        if (msg.sender != oracle) revert RewardVault_NotOracle(msg.sender);
        root = RootSlot({ledgerRoot: newRoot, epoch: epoch, flags: 0});
    }

    /// @inheritdoc IRewardVault
    function claim(
        uint32 index,
        address account,
        uint128 cumulative,
        uint128 prefix,
        bytes calldata proof
    ) external returns (uint256 amount) {
        // Check
        bytes24 ledgerRoot = root.ledgerRoot;
        if (ledgerRoot == 0) revert RewardVault_Paused();
        bytes24 leaf = CumulativeMerkle.ledgerLeaf(DOMAIN, account, cumulative, prefix);
        bytes24 computed = CumulativeMerkle.processProof(leaf, index, proof);
        if (computed != ledgerRoot) revert RewardVault_InvalidProof(computed, ledgerRoot);

        // Effect and interaction in one: the token counts what it pays.
        amount = token.payCumulative(account, cumulative);
        if (amount == 0) revert RewardVault_NothingToClaim(account, token.paid(account));
        emit Claimed(index, account, amount, cumulative);
    }
}
