// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title ModelRegistry
/// @notice See {IModelRegistry}.
contract ModelRegistry is IModelRegistry {
    uint16 private constant ALL_BPS = 10_000;

    /// @inheritdoc IModelRegistry
    IDatanetRegistry public immutable datanetRegistry;
    /// @inheritdoc IModelRegistry
    uint32 public modelCount;
    /// @inheritdoc IModelRegistry
    mapping(uint32 modelId => address) public pendingOwnerOf;

    mapping(uint32 modelId => Model) private _models;

    modifier onlyModelOwner(uint32 modelId) {
        address owner = _known(modelId).owner;
        if (msg.sender != owner) revert ModelRegistry_NotOwner(msg.sender, owner);
        _;
    }

    constructor(IDatanetRegistry datanetRegistry_) {
        datanetRegistry = datanetRegistry_;
    }

    /// @inheritdoc IModelRegistry
    function registerModel(ModelParams calldata params) external returns (uint32 modelId) {
        // Check
        _requireValid(params);

        // Effect
        modelId = ++modelCount;
        uint32 version = _nextVersion(params.supersedes, modelId);
        _models[modelId] = Model({
            owner: msg.sender,
            datanetId: params.datanetId,
            baseModelId: params.baseModelId,
            lineageBps: params.lineageBps,
            pricePerToken: params.pricePerToken,
            supersedes: params.supersedes,
            supersededBy: 0,
            version: version,
            artifactDigest: params.artifactDigest,
            manifestDigest: params.manifestDigest,
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
        emit ModelVersioned(modelId, params.supersedes, version);
        emit FeePolicySet(modelId, params.pricePerToken, params.lineageBps);
    }

    /// @inheritdoc IModelRegistry
    function setPrice(uint32 modelId, uint128 pricePerToken) external onlyModelOwner(modelId) {
        Model storage model = _models[modelId];
        model.pricePerToken = pricePerToken;
        emit FeePolicySet(modelId, pricePerToken, model.lineageBps);
    }

    /// @inheritdoc IModelRegistry
    function transferModel(uint32 modelId, address newOwner) external onlyModelOwner(modelId) {
        pendingOwnerOf[modelId] = newOwner;
        emit ModelTransferStarted(modelId, msg.sender, newOwner);
    }

    /// @inheritdoc IModelRegistry
    function acceptModel(uint32 modelId) external {
        // Check
        Model storage model = _known(modelId);
        (address owner, address pendingOwner) = (model.owner, pendingOwnerOf[modelId]);
        if (msg.sender != pendingOwner) revert ModelRegistry_NotPendingOwner(msg.sender, pendingOwner);

        // Effect
        model.owner = msg.sender;
        delete pendingOwnerOf[modelId];
        emit ModelTransferred(modelId, owner, msg.sender);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(uint32 modelId) external view returns (Model memory) {
        return _known(modelId);
    }

    /// @inheritdoc IModelRegistry
    function ownerOf(uint32 modelId) external view returns (address) {
        return _models[modelId].owner;
    }

    /// @inheritdoc IModelRegistry
    function datanetOf(uint32 modelId) external view returns (uint32) {
        return _models[modelId].datanetId;
    }

    /// @inheritdoc IModelRegistry
    function lineageOf(uint32 modelId) external view returns (uint32 baseModelId, uint16 lineageBps) {
        Model storage model = _models[modelId];
        return (model.baseModelId, model.lineageBps);
    }

    /// @dev Marks the model before it, if there is one, as superseded. Models of others cannot be superseded.
    function _nextVersion(uint32 supersedes, uint32 modelId) private returns (uint32 version) {
        if (supersedes == 0) return 1;
        Model storage model = _models[supersedes];
        if (msg.sender != model.owner) revert ModelRegistry_NotOwner(msg.sender, model.owner);
        if (model.supersededBy != 0) {
            revert ModelRegistry_AlreadySuperseded(supersedes, model.supersededBy);
        }
        model.supersededBy = modelId;
        return model.version + 1;
    }

    function _requireValid(ModelParams calldata params) private view {
        uint32 count = modelCount;
        if (!datanetRegistry.isBuilder(params.datanetId, msg.sender)) {
            revert ModelRegistry_NotBuilder(params.datanetId, msg.sender);
        }
        if (params.baseModelId > count) revert ModelRegistry_UnknownBase(params.baseModelId, count);
        if (params.supersedes > count) revert ModelRegistry_UnknownModel(params.supersedes, count);
        if (params.artifactDigest == 0 || params.manifestDigest == 0) {
            revert ModelRegistry_ZeroDigest(params.artifactDigest, params.manifestDigest);
        }
        uint16 maximum = params.baseModelId == 0 ? 0 : ALL_BPS;
        if (params.lineageBps > maximum) revert ModelRegistry_LineageBps(params.lineageBps, maximum);
    }

    function _known(uint32 modelId) private view returns (Model storage) {
        if (modelId == 0 || modelId > modelCount) revert ModelRegistry_UnknownModel(modelId, modelCount);
        return _models[modelId];
    }
}
