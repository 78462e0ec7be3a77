// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IDatanetRegistry
/// @notice Datanets, who may contribute to and build on them, and the commitments to what was contributed.
/// @dev Assumptions: the content behind a digest is published elsewhere; a batch whose items cannot be fetched earns
/// nothing. Safety: ids and contributor indices are dense, never reused, and nothing committed ever changes.
interface IDatanetRegistry {
    /// @notice Who may contribute: anyone, or only accounts that the owner listed.
    enum Policy {
        Open,
        AllowList
    }

    struct Datanet {
        address owner;
        Policy policy;
        bytes32 metadataDigest;
    }

    struct Batch {
        bytes32 itemsRoot;
        uint32 datanetId;
        uint32 contributorIndex;
        uint64 firstContributionId;
        uint32 itemCount;
    }

    /// @notice A Datanet was created; ids start at 1.
    event DatanetCreated(
        uint32 indexed datanetId,
        address indexed owner,
        string name,
        bytes32 metadataDigest,
        uint8 policy
    );
    /// @notice An account was put on, or taken off, a Datanet's contributor list.
    event ContributorSet(uint32 indexed datanetId, address indexed account, bool allowed);
    /// @notice An account was allowed, or no longer allowed, to build models on a Datanet.
    event BuilderSet(uint32 indexed datanetId, address indexed builder, bool allowed);
    /// @notice An account contributed for the first time and has its index for ever; indices start at 0.
    event ContributorRegistered(uint32 indexed contributorIndex, address indexed account);
    /// @notice A batch was committed. Its item `i` has the contribution id `firstContributionId + i`.
    event BatchCommitted(
        uint32 indexed datanetId,
        uint64 indexed batchId,
        uint32 indexed contributorIndex,
        address contributor,
        uint64 firstContributionId,
        uint32 itemCount,
        bytes32 itemsRoot,
        bytes32 manifestDigest
    );

    /// @notice Thrown when a Datanet id was never given out; the last one given out is `datanetCount`.
    error DatanetRegistry_UnknownDatanet(uint32 datanetId, uint32 datanetCount);
    /// @notice Thrown when somebody else than a Datanet's owner manages it.
    error DatanetRegistry_NotOwner(address caller, address owner);
    /// @notice Thrown when an account that is not on the list contributes to a Datanet with an allow list.
    error DatanetRegistry_NotContributor(uint32 datanetId, address caller);
    /// @notice Thrown when a batch has no item or more than the maximum.
    error DatanetRegistry_ItemCount(uint32 itemCount, uint32 maximum);
    /// @notice Thrown when a commitment is zero.
    error DatanetRegistry_ZeroCommitment();
    /// @notice Thrown when a batch id was never given out; the next one to be given out is `batchCount`.
    error DatanetRegistry_UnknownBatch(uint64 batchId, uint64 batchCount);

    /// @notice Creates a Datanet owned by the caller. `metadataDigest` is the SHA-256 of its description.
    function createDatanet(
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) external returns (uint32 datanetId);

    /// @notice Puts an account on the contributor list, or takes it off. Only the Datanet's owner.
    function setContributor(uint32 datanetId, address account, bool allowed) external;

    /// @notice Lets an account register models trained on the Datanet, or stops it. Only the Datanet's owner.
    function setBuilder(uint32 datanetId, address builder, bool allowed) external;

    /// @notice Commits the caller to a batch of items.
    /// @param itemsRoot Root of the sorted-pair Merkle tree (OpenZeppelin) over the batch's `itemLeaf`s.
    /// @param itemCount How many items there are, from 1 to `MAX_BATCH_ITEMS`.
    /// @param manifestDigest SHA-256 of the batch manifest.
    /// @return batchId From 0, over all Datanets.
    function commitBatch(
        uint32 datanetId,
        bytes32 itemsRoot,
        uint32 itemCount,
        bytes32 manifestDigest
    ) external returns (uint64 batchId);

    /// @notice Commits the caller to one item: a batch whose root is the item's leaf.
    function commit(
        uint32 datanetId,
        bytes32 commitment,
        bytes32 manifestDigest
    ) external returns (uint64 batchId);

    /// @notice The most items in one batch.
    function MAX_BATCH_ITEMS() external view returns (uint32);

    /// @notice Whether an account may register models trained on a Datanet; its owner always may.
    function isBuilder(uint32 datanetId, address account) external view returns (bool);

    /// @notice Whether an account may contribute to a Datanet; its owner always may.
    function isContributor(uint32 datanetId, address account) external view returns (bool);

    /// @notice The leaf of one item. It binds chain, registry, Datanet and contributor, so that a commitment copied
    /// from the mempool is worth nothing to the copier.
    /// @param index The item's position in its batch.
    /// @param digest SHA-256 of the item's bytes.
    /// @param salt 32 secret bytes, revealed in the manifest.
    function itemLeaf(
        uint32 datanetId,
        address contributor,
        uint32 index,
        bytes32 digest,
        bytes32 salt
    ) external view returns (bytes32);

    /// @notice Whether an item is in a batch at that position. `proof` holds 32-byte siblings from the leaf up.
    function verifyItem(
        uint64 batchId,
        uint32 index,
        bytes32 digest,
        bytes32 salt,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice How many accounts have contributed; their indices are 0 to this - 1.
    function contributorCount() external view returns (uint32);

    /// @notice The account with that index, zero if there is none.
    function contributorAt(uint32 index) external view returns (address);

    /// @notice The index of an account, if it has contributed.
    function contributorIndexOf(address account) external view returns (bool registered, uint32 index);

    /// @notice A batch as committed.
    function batchOf(uint64 batchId) external view returns (Batch memory);

    /// @notice A Datanet as created.
    function datanetOf(uint32 datanetId) external view returns (Datanet memory);

    /// @notice How many Datanets there are; their ids are 1 to this.
    function datanetCount() external view returns (uint32);

    /// @notice How many batches there are; their ids are 0 to this - 1.
    function batchCount() external view returns (uint64);

    /// @notice How many items there are over all Datanets; contribution ids are 0 to this - 1.
    function contributionCount() external view returns (uint64);
}
