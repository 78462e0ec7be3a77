// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "./IDatanetRegistry.sol";

/// @title IModelRegistry
/// @notice Models and adapters: what they were trained on, on which base, what a token of them costs, and what part of
/// the owner's fees goes to the owner of the base.
/// @dev Assumptions: the artifact and the training manifest are published under their digests. Safety: of a registered
/// model only price and owner ever change; a base, and what a model supersedes, are always older, so neither chain has
/// a cycle; the base's part is fixed at registration, so nobody can take it away later. Liveness: no call here depends
/// on another account than the owner, and the Datanet's owner only for who may register.
interface IModelRegistry {
    /// @param baseModelId What the model was built on, 0 for nothing.
    /// @param pricePerToken In wei.
    /// @param supersedes An older model of the same owner that this is the next version of, 0 for none.
    /// @param lineageBps The part of the owner's fees that goes to the owner of the base, in basis points.
    struct ModelParams {
        string name;
        uint32 baseModelId;
        uint32 datanetId;
        bytes32 artifactDigest;
        bytes32 manifestDigest;
        uint128 pricePerToken;
        uint32 supersedes;
        uint16 lineageBps;
    }

    /// @param version 1, or one more than that of the model it supersedes.
    /// @param supersededBy The next version, 0 if there is none.
    struct Model {
        address owner;
        uint32 datanetId;
        uint32 baseModelId;
        uint16 lineageBps;
        uint128 pricePerToken;
        uint32 supersedes;
        uint32 supersededBy;
        uint32 version;
        bytes32 artifactDigest;
        bytes32 manifestDigest;
        string name;
    }

    /// @notice A model was registered; ids start at 1, and the base 0 means none. The price is in wei per token.
    event ModelRegistered(
        uint32 indexed modelId,
        address indexed owner,
        uint32 indexed datanetId,
        uint32 baseModelId,
        bytes32 artifactDigest,
        bytes32 manifestDigest,
        uint128 pricePerToken,
        string name
    );
    /// @notice A model is a version of something: version 1, or the next after `supersedes`.
    event ModelVersioned(uint32 indexed modelId, uint32 indexed supersedes, uint32 version);
    /// @notice What a model costs, in wei per token, and what its base gets of the owner's fees, in basis points.
    event FeePolicySet(uint32 indexed modelId, uint128 pricePerToken, uint16 lineageBps);
    /// @notice A model's owner offered it to another account, or took the offer back (zero).
    event ModelTransferStarted(uint32 indexed modelId, address indexed owner, address indexed newOwner);
    /// @notice A model has another owner.
    event ModelTransferred(uint32 indexed modelId, address indexed previousOwner, address indexed owner);

    /// @notice Thrown when the caller may not build on the Datanet.
    error ModelRegistry_NotBuilder(uint32 datanetId, address caller);
    /// @notice Thrown when the base was never registered; the last model registered is `modelCount`.
    error ModelRegistry_UnknownBase(uint32 baseModelId, uint32 modelCount);
    /// @notice Thrown when a model id was never given out; the last one given out is `modelCount`.
    error ModelRegistry_UnknownModel(uint32 modelId, uint32 modelCount);
    /// @notice Thrown when the artifact's or the manifest's digest is zero.
    error ModelRegistry_ZeroDigest(bytes32 artifactDigest, bytes32 manifestDigest);
    /// @notice Thrown when the base's part is above the maximum, which is 0 for a model without base.
    error ModelRegistry_LineageBps(uint16 lineageBps, uint16 maximum);
    /// @notice Thrown when somebody else than a model's owner manages or supersedes it.
    error ModelRegistry_NotOwner(address caller, address owner);
    /// @notice Thrown when somebody else than the account that was offered a model accepts it.
    error ModelRegistry_NotPendingOwner(address caller, address pendingOwner);
    /// @notice Thrown when a model already has a next version.
    error ModelRegistry_AlreadySuperseded(uint32 modelId, uint32 supersededBy);

    /// @notice Registers a model owned by the caller, who must be a builder of the Datanet.
    function registerModel(ModelParams calldata params) external returns (uint32 modelId);

    /// @notice Changes what a token of a model costs, in wei. Only its owner.
    function setPrice(uint32 modelId, uint128 pricePerToken) external;

    /// @notice Offers a model to another account, which must accept it; zero takes the offer back. Only its owner.
    function transferModel(uint32 modelId, address newOwner) external;

    /// @notice Takes over a model that was offered to the caller.
    function acceptModel(uint32 modelId) external;

    /// @notice A model as it is now.
    function modelOf(uint32 modelId) external view returns (Model memory);

    /// @notice The owner of a model, zero if it does not exist.
    function ownerOf(uint32 modelId) external view returns (address);

    /// @notice The account that was offered a model, zero if none.
    function pendingOwnerOf(uint32 modelId) external view returns (address);

    /// @notice The Datanet of a model, zero if the model does not exist.
    function datanetOf(uint32 modelId) external view returns (uint32);

    /// @notice What a model was built on and what part, in basis points, that gets of the owner's fees.
    function lineageOf(uint32 modelId) external view returns (uint32 baseModelId, uint16 lineageBps);

    /// @notice How many models there are; their ids are 1 to this.
    function modelCount() external view returns (uint32);

    /// @notice Where Datanets and builders are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);
}
