// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IGenesisDistribution} from "../interfaces/IGenesisDistribution.sol";
import {IOpenToken} from "../interfaces/IOpenToken.sol";

/// @title GenesisDistribution
/// @notice See {IGenesisDistribution}.
contract GenesisDistribution is IGenesisDistribution {
    using SafeERC20 for IOpenToken;

    uint256 private constant GROUPS = 5;
    uint256 private constant BPS = 10_000;
    /// @inheritdoc IGenesisDistribution
    uint256 public constant MAX_BENEFICIARIES = 20;
    /// @inheritdoc IGenesisDistribution
    uint64 public constant MAX_VESTING = 3650 days;

    /// @inheritdoc IGenesisDistribution
    address public immutable deployer;
    /// @inheritdoc IGenesisDistribution
    uint64 public immutable genesisTime;
    /// @inheritdoc IGenesisDistribution
    IOpenToken public token;
    /// @inheritdoc IGenesisDistribution
    /// @dev Kept, because whoever got his part may burn of it before the next group's turn.
    uint256 public supply;

    Group[GROUPS] private _groups;
    mapping(uint8 group => bool) private _allocated;
    mapping(uint8 group => address[]) private _wallets;

    constructor(address deployer_, Group[GROUPS] memory groups) {
        uint256 sum = 0;
        for (uint256 i = 0; i < GROUPS; i++) {
            uint256 end = uint256(groups[i].start) + groups[i].duration;
            if (end > MAX_VESTING) revert GenesisDistribution_TooLong(uint8(i), end, MAX_VESTING);
            sum += groups[i].bps;
            _groups[i] = groups[i];
        }
        if (sum != BPS) revert GenesisDistribution_WrongShares(sum, BPS);
        deployer = deployer_;
        genesisTime = uint64(block.timestamp);
    }

    /// @inheritdoc IGenesisDistribution
    function allocate(IOpenToken token_, uint8 group, Beneficiary[] calldata list) external {
        // Check
        if (msg.sender != deployer) revert GenesisDistribution_NotDeployer(msg.sender);
        _requireGroup(group);
        if (_allocated[group]) revert GenesisDistribution_AlreadyAllocated(group);
        if (list.length > MAX_BENEFICIARIES) {
            revert GenesisDistribution_TooManyBeneficiaries(list.length, MAX_BENEFICIARIES);
        }
        _bindToken(token_);
        _requireSum(group, list);

        // Effect
        _allocated[group] = true;
        emit GroupAllocated(group, _groups[group].name, amountOf(group));

        // Interaction
        for (uint256 i = 0; i < list.length; i++) _give(token_, group, list[i]);
    }

    /// @inheritdoc IGenesisDistribution
    function allocated(uint8 group) external view returns (bool) {
        _requireGroup(group);
        return _allocated[group];
    }

    /// @inheritdoc IGenesisDistribution
    function walletsOf(uint8 group) external view returns (address[] memory) {
        _requireGroup(group);
        return _wallets[group];
    }

    /// @inheritdoc IGenesisDistribution
    function groupOf(uint8 group) external view returns (Group memory) {
        _requireGroup(group);
        return _groups[group];
    }

    /// @inheritdoc IGenesisDistribution
    function amountOf(uint8 group) public view returns (uint256) {
        _requireGroup(group);
        return (supply * _groups[group].bps) / BPS;
    }

    /// @dev The first call tells the token; from then on it and the supply stay.
    function _bindToken(IOpenToken token_) private {
        if (address(token) == address(0)) {
            uint256 whole = token_.totalSupply();
            uint256 balance = token_.balanceOf(address(this));
            if (balance != whole) revert GenesisDistribution_NotWholeSupply(balance, whole);
            (token, supply) = (token_, whole);
        } else if (token_ != token) {
            revert GenesisDistribution_OtherToken(address(token_), address(token));
        }
    }

    function _give(IOpenToken token_, uint8 group, Beneficiary calldata beneficiary) private {
        address wallet;
        if (beneficiary.vested > 0) {
            Group storage terms = _groups[group];
            wallet = address(
                new VestingWallet(beneficiary.account, genesisTime + terms.start, terms.duration)
            );
            token_.safeTransfer(wallet, beneficiary.vested);
        }
        _wallets[group].push(wallet);
        if (beneficiary.liquid > 0) token_.safeTransfer(beneficiary.account, beneficiary.liquid);
        emit Allocated(group, beneficiary.account, wallet, beneficiary.vested, beneficiary.liquid);
    }

    function _requireSum(uint8 group, Beneficiary[] calldata list) private view {
        bool vests = _groups[group].duration > 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < list.length; i++) {
            if (list[i].vested > 0 && !vests) revert GenesisDistribution_NoVesting(group, list[i].account);
            sum += uint256(list[i].vested) + list[i].liquid;
        }
        if (sum != amountOf(group)) revert GenesisDistribution_WrongSum(sum, amountOf(group));
    }

    function _requireGroup(uint8 group) private pure {
        if (group >= GROUPS) revert GenesisDistribution_UnknownGroup(group, GROUPS);
    }
}
