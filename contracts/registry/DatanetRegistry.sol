// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";

/// @title DatanetRegistry
/// @notice See {IDatanetRegistry}.
contract DatanetRegistry is IDatanetRegistry {
    bytes32 private constant CONTRIBUTION_TAG = keccak256("OpenDatanets.Contribution.v1");

    /// @inheritdoc IDatanetRegistry
    uint32 public constant MAX_BATCH_ITEMS = 65_536;

    // One slot: a commitment moves two or three of the counters.
    /// @inheritdoc IDatanetRegistry
    uint32 public datanetCount;
    /// @inheritdoc IDatanetRegistry
    uint32 public contributorCount;
    /// @inheritdoc IDatanetRegistry
    uint64 public batchCount;
    /// @inheritdoc IDatanetRegistry
    uint64 public contributionCount;

    mapping(uint32 datanetId => Datanet) private _datanets;
    mapping(uint32 datanetId => mapping(address account => bool)) private _contributors;
    mapping(uint32 datanetId => mapping(address account => bool)) private _builders;
    mapping(uint64 batchId => Batch) private _batches;
    mapping(uint32 index => address account) private _accounts;
    /// @dev The index plus one, so that zero means "has not contributed".
    mapping(address account => uint32) private _numbers;

    modifier onlyDatanetOwner(uint32 datanetId) {
        address owner = datanetOf(datanetId).owner;
        if (msg.sender != owner) revert DatanetRegistry_NotOwner(msg.sender, owner);
        _;
    }

    /// @inheritdoc IDatanetRegistry
    function createDatanet(
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) external returns (uint32 datanetId) {
        datanetId = ++datanetCount;
        _datanets[datanetId] = Datanet({owner: msg.sender, policy: policy, metadataDigest: metadataDigest});
        emit DatanetCreated(datanetId, msg.sender, name, metadataDigest, uint8(policy));
    }

    /// @inheritdoc IDatanetRegistry
    function setContributor(
        uint32 datanetId,
        address account,
        bool allowed
    ) external onlyDatanetOwner(datanetId) {
        _contributors[datanetId][account] = allowed;
        emit ContributorSet(datanetId, account, allowed);
    }

    /// @inheritdoc IDatanetRegistry
    function setBuilder(
        uint32 datanetId,
        address builder,
        bool allowed
    ) external onlyDatanetOwner(datanetId) {
        _builders[datanetId][builder] = allowed;
        emit BuilderSet(datanetId, builder, allowed);
    }

    /// @inheritdoc IDatanetRegistry
    function commit(
        uint32 datanetId,
        bytes32 commitment,
        bytes32 manifestDigest
    ) external returns (uint64 batchId) {
        return commitBatch(datanetId, commitment, 1, manifestDigest);
    }

    /// @inheritdoc IDatanetRegistry
    function itemLeaf(
        uint32 datanetId,
        address contributor,
        uint32 index,
        bytes32 digest,
        bytes32 salt
    ) external view returns (bytes32) {
        return _itemLeaf(datanetId, contributor, index, digest, salt);
    }

    /// @inheritdoc IDatanetRegistry
    function verifyItem(
        uint64 batchId,
        uint32 index,
        bytes32 digest,
        bytes32 salt,
        bytes32[] calldata proof
    ) external view returns (bool) {
        Batch memory batch = batchOf(batchId);
        if (index >= batch.itemCount) return false;
        address contributor = _accounts[batch.contributorIndex];
        bytes32 leaf = _itemLeaf(batch.datanetId, contributor, index, digest, salt);
        return MerkleProof.verifyCalldata(proof, batch.itemsRoot, leaf);
    }

    /// @inheritdoc IDatanetRegistry
    function contributorAt(uint32 index) external view returns (address) {
        return _accounts[index];
    }

    /// @inheritdoc IDatanetRegistry
    function contributorIndexOf(address account) external view returns (bool registered, uint32 index) {
        uint32 number = _numbers[account];
        return number == 0 ? (false, 0) : (true, number - 1);
    }

    /// @inheritdoc IDatanetRegistry
    function isBuilder(uint32 datanetId, address account) external view returns (bool) {
        return _builders[datanetId][account] || datanetOf(datanetId).owner == account;
    }

    /// @inheritdoc IDatanetRegistry
    function commitBatch(
        uint32 datanetId,
        bytes32 itemsRoot,
        uint32 itemCount,
        bytes32 manifestDigest
    ) public returns (uint64 batchId) {
        // Check
        if (!isContributor(datanetId, msg.sender))
            revert DatanetRegistry_NotContributor(datanetId, msg.sender);
        if (itemCount == 0 || itemCount > MAX_BATCH_ITEMS) {
            revert DatanetRegistry_ItemCount(itemCount, MAX_BATCH_ITEMS);
        }
        if (itemsRoot == 0) revert DatanetRegistry_ZeroCommitment();

        // Effect
        uint32 contributorIndex = _indexOfCaller();
        batchId = batchCount++;
        uint64 firstId = contributionCount;
        contributionCount = firstId + itemCount;
        _batches[batchId] = Batch(itemsRoot, datanetId, contributorIndex, firstId, itemCount);
        emit BatchCommitted({
            datanetId: datanetId,
            batchId: batchId,
            contributorIndex: contributorIndex,
            contributor: msg.sender,
            firstContributionId: firstId,
            itemCount: itemCount,
            itemsRoot: itemsRoot,
            manifestDigest: manifestDigest
        });
    }

    /// @inheritdoc IDatanetRegistry
    function isContributor(uint32 datanetId, address account) public view returns (bool) {
        Datanet storage datanet = _known(datanetId);
        if (datanet.policy == Policy.Open || datanet.owner == account) return true;
        return _contributors[datanetId][account];
    }

    /// @inheritdoc IDatanetRegistry
    function batchOf(uint64 batchId) public view returns (Batch memory) {
        if (batchId >= batchCount) revert DatanetRegistry_UnknownBatch(batchId, batchCount);
        return _batches[batchId];
    }

    /// @inheritdoc IDatanetRegistry
    function datanetOf(uint32 datanetId) public view returns (Datanet memory) {
        return _known(datanetId);
    }

    function _indexOfCaller() private returns (uint32 index) {
        uint32 number = _numbers[msg.sender];
        if (number != 0) return number - 1;
        index = contributorCount++;
        _numbers[msg.sender] = index + 1;
        _accounts[index] = msg.sender;
        emit ContributorRegistered(index, msg.sender);
    }

    function _known(uint32 datanetId) private view returns (Datanet storage datanet) {
        datanet = _datanets[datanetId];
        if (datanet.owner == address(0)) revert DatanetRegistry_UnknownDatanet(datanetId, datanetCount);
    }

    function _itemLeaf(
        uint32 datanetId,
        address contributor,
        uint32 index,
        bytes32 digest,
        bytes32 salt
    ) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    CONTRIBUTION_TAG,
                    block.chainid,
                    address(this),
                    datanetId,
                    contributor,
                    index,
                    digest,
                    salt
                )
            );
    }
}
