// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "./IDatanetRegistry.sol";

/// @title IPermissionBook
/// @notice Permissions that contributors give, beyond a Datanet's terms, for uses of their contributions. A contributor
/// signs (EIP-712), anyone may send it in.
/// @dev Assumptions: the registry's contribution ids tell whose a contribution is. Safety: a grant is valid on one
/// chain, in one book, for one grantee, for its contributor's own ids; each nonce is used once; only the contributor
/// revokes. A grant is not stored but its id is, so who asks brings the grant. Liveness: granting and revoking depend
/// on nobody else. A withdrawal in the registry does not revoke: who asks must look at both.
interface IPermissionBook {
    /// @param firstContributionId The first contribution of the range; the range may reach beyond what has been
    /// committed so far.
    /// @param count How many contributions the range has.
    /// @param purposes The uses allowed, one bit each.
    /// @param expiry The first second, since 1970, in which the grant no longer holds.
    /// @param nonce Any number that the contributor has not used.
    struct Grant {
        address contributor;
        address grantee;
        uint64 firstContributionId;
        uint32 count;
        uint32 purposes;
        uint64 expiry;
        uint256 nonce;
    }

    /// @notice A contributor allowed some uses.
    event Granted(
        bytes32 indexed grantId,
        address indexed contributor,
        address indexed grantee,
        uint64 firstContributionId,
        uint32 count,
        uint32 purposes,
        uint64 expiry,
        uint256 nonce
    );
    /// @notice A contributor revoked a grant. Uses that ended before this were allowed.
    event Revoked(bytes32 indexed grantId, address indexed contributor);
    /// @notice A contributor made a nonce unusable, and with it what was signed with it.
    event NonceCancelled(address indexed contributor, uint256 nonce);

    /// @notice Thrown when a grant has no item, no purpose or no grantee.
    error PermissionBook_Empty(uint32 count, uint32 purposes, address grantee);
    /// @notice Thrown when a grant has expired, in seconds since 1970.
    error PermissionBook_Expired(uint64 expiry, uint256 timestamp);
    /// @notice Thrown when contributions are not, or not all, in the contributor's range of ids.
    error PermissionBook_NotOwnItems(address contributor, uint64 firstContributionId, uint32 count);
    /// @notice Thrown when a nonce was used or cancelled.
    error PermissionBook_NonceUsed(address contributor, uint256 nonce);
    /// @notice Thrown when a signature is not the contributor's for this grant, book and chain.
    error PermissionBook_InvalidSignature(address contributor, bytes32 grantId);
    /// @notice Thrown when somebody else than the contributor revokes; `contributor` is zero if there is no such grant.
    error PermissionBook_NotContributor(address caller, address contributor);
    /// @notice Thrown when a grant was already revoked.
    error PermissionBook_AlreadyRevoked(bytes32 grantId);

    /// @notice Records a grant.
    /// @param signature The contributor's EIP-712 signature, of a key or an ERC-1271 wallet; ignored when the
    /// contributor itself calls.
    /// @return grantId The EIP-712 digest of the grant.
    function grant(Grant calldata grant_, bytes calldata signature) external returns (bytes32 grantId);

    /// @notice Ends a grant. Only its contributor.
    function revoke(bytes32 grantId) external;

    /// @notice Makes one of the caller's nonces unusable.
    function cancelNonce(uint256 nonce) external;

    /// @notice Whether a grant holds now for one contribution and all of the given purposes.
    function isGranted(
        Grant calldata grant_,
        uint64 contributionId,
        uint32 purposes
    ) external view returns (bool);

    /// @notice Whether a grant was recorded, has not expired and was not revoked.
    function isActive(bytes32 grantId) external view returns (bool);

    /// @notice Whether a nonce was used or cancelled.
    function isNonceUsed(address contributor, uint256 nonce) external view returns (bool);

    /// @notice The EIP-712 digest of a grant: what the contributor signs, and the grant's id.
    function hashGrant(Grant calldata grant_) external view returns (bytes32);

    /// @notice Where contributors have their indices.
    function registry() external view returns (IDatanetRegistry);
}
