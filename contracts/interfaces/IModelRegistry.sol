// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "./IDatanetRegistry.sol";

/// @title IModelRegistry
/// @notice Models and adapters: what they were trained on, on which base, and what a token of them costs.
/// @dev Assumptions: the artifact and the training manifest are published under their digests. Safety: a registered
/// model never changes, and a base is always older than what was built on it, so a lineage has no cycle.
interface IModelRegistry {
    struct ModelParams {
        string name;
        uint32 baseModelId;
        uint32 datanetId;
        bytes32 artifactDigest;
        bytes32 manifestDigest;
        uint128 pricePerToken;
    }

    struct Model {
        address owner;
        uint32 datanetId;
        uint32 baseModelId;
        bytes32 artifactDigest;
        bytes32 manifestDigest;
        uint128 pricePerToken;
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

    /// @notice Thrown when the caller may not build on the Datanet.
    error ModelRegistry_NotBuilder(uint32 datanetId, address caller);
    /// @notice Thrown when the base was never registered; the last model registered is `modelCount`.
    error ModelRegistry_UnknownBase(uint32 baseModelId, uint32 modelCount);
    /// @notice Thrown when a model id was never given out; the last one given out is `modelCount`.
    error ModelRegistry_UnknownModel(uint32 modelId, uint32 modelCount);
    /// @notice Thrown when the artifact's or the manifest's digest is zero.
    error ModelRegistry_ZeroDigest(bytes32 artifactDigest, bytes32 manifestDigest);

    /// @notice Registers a model owned by the caller, who must be a builder of the Datanet.
    function registerModel(ModelParams calldata params) external returns (uint32 modelId);

    /// @notice A model as registered.
    function modelOf(uint32 modelId) external view returns (Model memory);

    /// @notice The owner of a model, zero if it does not exist.
    function ownerOf(uint32 modelId) external view returns (address);

    /// @notice How many models there are; their ids are 1 to this.
    function modelCount() external view returns (uint32);

    /// @notice Where Datanets and builders are registered.
    function datanetRegistry() external view returns (IDatanetRegistry);
}
