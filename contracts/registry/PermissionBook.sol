// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IPermissionBook} from "../interfaces/IPermissionBook.sol";

/// @title PermissionBook
/// @notice See {IPermissionBook}.
contract PermissionBook is IPermissionBook, EIP712 {
    /// @dev One slot. `expiry` is zero once the grant is revoked.
    struct Entry {
        address contributor;
        uint64 expiry;
    }

    bytes32 private constant GRANT_TYPEHASH = keccak256(
        "Grant(address contributor,address grantee,uint64 firstContributionId,uint32 count,uint32 purposes,uint64 expiry,uint256 nonce)"
    );

    /// @inheritdoc IPermissionBook
    IDatanetRegistry public immutable registry;

    mapping(bytes32 grantId => Entry) private _entries;
    /// @dev A bit per nonce, 256 to a word.
    mapping(address contributor => mapping(uint256 word => uint256 bits)) private _usedNonces;

    constructor(IDatanetRegistry registry_) EIP712("OpenDatanets PermissionBook", "1") {
        registry = registry_;
    }

    /// @inheritdoc IPermissionBook
    function grant(Grant calldata grant_, bytes calldata signature) external returns (bytes32 grantId) {
        // Check
        _requireValid(grant_);
        grantId = hashGrant(grant_);
        if (
            msg.sender != grant_.contributor &&
            !SignatureChecker.isValidSignatureNowCalldata(grant_.contributor, grantId, signature)
        ) revert PermissionBook_InvalidSignature(grant_.contributor, grantId);

        // Effect
        _useNonce(grant_.contributor, grant_.nonce);
        _entries[grantId] = Entry(grant_.contributor, grant_.expiry);
        emit Granted({
            grantId: grantId,
            contributor: grant_.contributor,
            grantee: grant_.grantee,
            firstContributionId: grant_.firstContributionId,
            count: grant_.count,
            purposes: grant_.purposes,
            expiry: grant_.expiry,
            nonce: grant_.nonce
        });
    }

    /// @inheritdoc IPermissionBook
    function revoke(bytes32 grantId) external {
        // Check
        Entry storage entry = _entries[grantId];
        if (msg.sender != entry.contributor) {
            revert PermissionBook_NotContributor(msg.sender, entry.contributor);
        }
        if (entry.expiry == 0) revert PermissionBook_AlreadyRevoked(grantId);

        // Effect
        entry.expiry = 0;
        emit Revoked(grantId, msg.sender);
    }

    /// @inheritdoc IPermissionBook
    function cancelNonce(uint256 nonce) external {
        _useNonce(msg.sender, nonce);
        emit NonceCancelled(msg.sender, nonce);
    }

    /// @inheritdoc IPermissionBook
    function isGranted(
        Grant calldata grant_,
        uint64 contributionId,
        uint32 purposes
    ) external view returns (bool) {
        uint64 first = grant_.firstContributionId;
        return
            contributionId >= first &&
            contributionId - first < grant_.count &&
            purposes != 0 &&
            grant_.purposes & purposes == purposes &&
            isActive(hashGrant(grant_));
    }

    /// @inheritdoc IPermissionBook
    function isNonceUsed(address contributor, uint256 nonce) external view returns (bool) {
        return _usedNonces[contributor][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @inheritdoc IPermissionBook
    function isActive(bytes32 grantId) public view returns (bool) {
        return block.timestamp < _entries[grantId].expiry;
    }

    /// @inheritdoc IPermissionBook
    function hashGrant(Grant calldata grant_) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(GRANT_TYPEHASH, grant_)));
    }

    function _useNonce(address contributor, uint256 nonce) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 bits = _usedNonces[contributor][nonce >> 8];
        if (bits & bit != 0) revert PermissionBook_NonceUsed(contributor, nonce);
        _usedNonces[contributor][nonce >> 8] = bits | bit;
    }

    function _requireValid(Grant calldata grant_) private view {
        if (grant_.count == 0 || grant_.purposes == 0 || grant_.grantee == address(0)) {
            revert PermissionBook_Empty(grant_.count, grant_.purposes, grant_.grantee);
        }
        if (block.timestamp >= grant_.expiry) {
            revert PermissionBook_Expired(grant_.expiry, block.timestamp);
        }
        (bool registered, uint32 index) = registry.contributorIndexOf(grant_.contributor);
        uint64 first = grant_.firstContributionId;
        uint256 end = uint256(uint32(first)) + grant_.count;
        if (!registered || first >> 32 != index || end > type(uint32).max) {
            revert PermissionBook_NotOwnItems(grant_.contributor, first, grant_.count);
        }
    }
}
