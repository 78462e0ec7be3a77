// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title ModelRegistry
/// @notice See {IModelRegistry}.
contract ModelRegistry is IModelRegistry {
    /// @inheritdoc IModelRegistry
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc IModelRegistry
    uint32 public modelCount;

    mapping(uint32 modelId => Model) private _models;

    constructor(IDatanetRegistry datanetRegistry_) {
        datanetRegistry = datanetRegistry_;
    }

    /// @inheritdoc IModelRegistry
    function registerModel(ModelParams calldata params) external returns (uint32 modelId) {
        // Check
        uint32 count = modelCount;
        if (!datanetRegistry.isBuilder(params.datanetId, msg.sender)) {
            revert ModelRegistry_NotBuilder(params.datanetId, msg.sender);
        }
        if (params.baseModelId > count) revert ModelRegistry_UnknownBase(params.baseModelId, count);
        if (params.artifactDigest == 0 || params.manifestDigest == 0) {
            revert ModelRegistry_ZeroDigest(params.artifactDigest, params.manifestDigest);
        }

        // Effect
        modelId = count + 1;
        modelCount = modelId;
        _models[modelId] = Model({
            owner: msg.sender,
            datanetId: params.datanetId,
            baseModelId: params.baseModelId,
            artifactDigest: params.artifactDigest,
            manifestDigest: params.manifestDigest,
            pricePerToken: params.pricePerToken,
            name: params.name
        });
        emit ModelRegistered({
            modelId: modelId,
            owner: msg.sender,
            datanetId: params.datanetId,
            baseModelId: params.baseModelId,
            artifactDigest: params.artifactDigest,
            manifestDigest: params.manifestDigest,
            pricePerToken: params.pricePerToken,
            name: params.name
        });
    }

    /// @inheritdoc IModelRegistry
    function modelOf(uint32 modelId) external view returns (Model memory) {
        if (modelId == 0 || modelId > modelCount) revert ModelRegistry_UnknownModel(modelId, modelCount);
        return _models[modelId];
    }

    /// @inheritdoc IModelRegistry
    function ownerOf(uint32 modelId) external view returns (address) {
        return _models[modelId].owner;
    }
}
