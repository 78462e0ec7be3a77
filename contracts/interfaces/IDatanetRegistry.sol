// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetStaking} from "./IDatanetStaking.sol";

/// @title IDatanetRegistry
/// @notice Datanets, who may contribute to and build on them, and the commitments to what was contributed.
/// @dev A contribution's id is `(contributorIndex << 32) | n`: its contributor's `n`-th item, over all Datanets. A
/// batch is named by the id of its first item. So an id tells whose it is, a contributor knows its ids before it
/// commits, and nobody can use up the ids of another. Batches are not stored: each contributor has one hash over all
/// that it committed, in order, and a batch is proven against it.
/// A contributor index has 28 bits and is never given out again: to use all of them up takes 2^28 first commitments, each
/// paid for in gas and by an account of its own, after which only known contributors could commit.
/// Assumptions: the content behind a digest is published elsewhere; a batch whose items cannot be fetched earns
/// nothing. Safety: Datanet ids and contributor indices are dense, never reused, the account of an index never
/// changes, and nothing committed ever changes: withdrawal, another licence and a successor are events that readers
/// apply from their block on. Heads have 176 bits: to commit to one batch and prove another costs 2^88 hashes.
/// Liveness: nobody can stop a contributor from committing to an open Datanet.
interface IDatanetRegistry {
    /// @notice Who may contribute: anyone; accounts that the owner listed; or anyone, but a batch counts only after
    /// the owner accepted it.
    enum Policy {
        Open,
        AllowList,
        Curated
    }

    struct Datanet {
        address owner;
        Policy policy;
        bytes32 metadataDigest;
    }

    /// @param stakePerItem Wei of stake locked behind each item, 0 for none.
    /// @param purposes The uses that contributors allow by contributing, one bit each.
    /// @param license Digest or short SPDX identifier of the licence under which they contribute.
    struct Terms {
        uint128 stakePerItem;
        uint32 purposes;
        bytes32 license;
    }

    struct Batch {
        uint32 datanetId;
        uint64 firstContributionId;
        uint32 itemCount;
        bytes32 itemsRoot;
        bytes32 manifestDigest;
    }

    /// @param batch The batch to prove.
    /// @param headBefore The contributor's head before the batch.
    /// @param laterBatches `batchHash` of each batch that the same contributor committed after it, in order.
    struct BatchProof {
        Batch batch;
        bytes22 headBefore;
        bytes32[] laterBatches;
    }

    /// @notice A Datanet was created; ids start at 1.
    event DatanetCreated(
        uint32 indexed datanetId,
        address indexed owner,
        string name,
        bytes32 metadataDigest,
        uint8 policy
    );
    /// @notice A Datanet's owner offered it to another account, or took the offer back (zero).
    event DatanetTransferStarted(uint32 indexed datanetId, address indexed owner, address indexed newOwner);
    /// @notice A Datanet has another owner.
    event DatanetTransferred(uint32 indexed datanetId, address indexed previousOwner, address indexed owner);
    /// @notice An account was put on, or taken off, a Datanet's contributor list.
    event ContributorSet(uint32 indexed datanetId, address indexed account, bool allowed);
    /// @notice An account was allowed, or no longer allowed, to build models on a Datanet.
    event BuilderSet(uint32 indexed datanetId, address indexed builder, bool allowed);
    /// @notice What is committed to the Datanet from here on is under terms `version`. Before version 1 there are none.
    event TermsSet(
        uint32 indexed datanetId,
        uint32 indexed version,
        uint128 stakePerItem,
        uint32 purposes,
        bytes32 license
    );
    /// @notice From `effectiveAt` on these Datanets get these parts (basis points) of what the Datanet is emitted, in
    /// place of any before. What was announced and is not in force yet never will be.
    event ParentsSet(uint32 indexed datanetId, uint32[] ids, uint16[] bps, uint64 effectiveAt);
    /// @notice The owner of a curated Datanet decided whether a batch counts. The last decision holds. Readers ignore
    /// it when the batch is not in the Datanet.
    event BatchDecided(uint32 indexed datanetId, uint64 indexed batchId, bool accepted);
    /// @notice An account contributed for the first time and has its index for ever; indices start at 0.
    event ContributorRegistered(uint32 indexed contributorIndex, address indexed account);
    /// @notice A batch was committed. Its item `i` has the contribution id `firstContributionId + i`. The first of them is
    /// the batch's id, too; its upper 32 bits are the contributor's index.
    event BatchCommitted(
        uint32 indexed datanetId,
        address indexed contributor,
        uint64 firstContributionId,
        uint32 itemCount,
        bytes32 itemsRoot,
        bytes32 manifestDigest
    );
    /// @notice Contributions must not be used in anything that starts after this.
    event ContributionsWithdrawn(
        uint32 indexed contributorIndex,
        uint64 indexed firstContributionId,
        uint32 count
    );
    /// @notice Contributions are under another licence from here on.
    event ContributionsRelicensed(
        uint32 indexed contributorIndex,
        uint64 indexed firstContributionId,
        uint32 count,
        bytes32 license
    );
    /// @notice Contribution `firstContributionId + i` is replaced by `firstSuccessorId + i`.
    event ContributionsSucceeded(
        uint32 indexed contributorIndex,
        uint64 indexed firstContributionId,
        uint64 indexed firstSuccessorId,
        uint32 count
    );

    /// @notice Thrown when a Datanet id was never given out; the last one given out is `datanetCount`.
    error DatanetRegistry_UnknownDatanet(uint32 datanetId, uint32 datanetCount);
    /// @notice Thrown when somebody else than a Datanet's owner manages it.
    error DatanetRegistry_NotOwner(address caller, address owner);
    /// @notice Thrown when somebody else than the account that was offered a Datanet accepts it.
    error DatanetRegistry_NotPendingOwner(address caller, address pendingOwner);
    /// @notice Thrown when an account that is not on the list contributes to a Datanet with an allow list.
    error DatanetRegistry_NotContributor(uint32 datanetId, address caller);
    /// @notice Thrown when a batch has no item or more than the maximum.
    error DatanetRegistry_ItemCount(uint32 itemCount, uint32 maximum);
    /// @notice Thrown when an account has no ids left for a batch, or there is no index left for an account (0 items).
    error DatanetRegistry_IdsExhausted(address caller, uint256 itemCount);
    /// @notice Thrown when a commitment is zero.
    error DatanetRegistry_ZeroCommitment();
    /// @notice Thrown when the terms are not those that the contributor agreed to.
    error DatanetRegistry_TermsChanged(uint32 expected, uint32 termsVersion);
    /// @notice Thrown when the stake asked for an item is above the maximum.
    error DatanetRegistry_StakePerItem(uint128 stakePerItem, uint128 maximum);
    /// @notice Thrown when a Datanet that has admitted anybody without stake asks for stake.
    error DatanetRegistry_StakeTooLate(uint32 datanetId, uint128 stakePerItem);
    /// @notice Thrown when there are more parents than the maximum, or not one share for each.
    error DatanetRegistry_ParentCount(uint256 ids, uint256 shares, uint256 maximum);
    /// @notice Thrown when a parent is not older than the Datanet, or not after the parent before it in the list.
    error DatanetRegistry_ParentOrder(uint32 parentId, uint32 datanetId);
    /// @notice Thrown when a parent's share is zero, or the shares add up to more than
    /// `MAX_PARENTS_BPS`; both in basis points.
    error DatanetRegistry_ParentShares(uint256 share, uint256 sum);
    /// @notice Thrown when batches of a Datanet count without a decision.
    error DatanetRegistry_NotCurated(uint32 datanetId, Policy policy);
    /// @notice Thrown when contributions are not, or not all, the caller's.
    error DatanetRegistry_NotOwnItems(address caller, uint64 firstContributionId, uint32 count);
    /// @notice Thrown when a successor is not younger than what it replaces.
    error DatanetRegistry_SuccessorOrder(uint64 firstContributionId, uint64 firstSuccessorId);

    /// @notice Creates a Datanet owned by the caller. `metadataDigest` is the SHA-256 of its description.
    function createDatanet(
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) external returns (uint32 datanetId);

    /// @notice `createDatanet` and `setTerms` at once, so that nobody contributes before the terms are set.
    function createDatanetUnder(
        Terms calldata terms,
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) external returns (uint32 datanetId);

    /// @notice Offers a Datanet to another account, which must accept it; zero takes the offer back. Only its owner.
    function transferDatanet(uint32 datanetId, address newOwner) external;

    /// @notice Takes over a Datanet that was offered to the caller.
    function acceptDatanet(uint32 datanetId) external;

    /// @notice Puts an account on the contributor list, or takes it off. Only the Datanet's owner.
    function setContributor(uint32 datanetId, address account, bool allowed) external;

    /// @notice Lets an account register models trained on the Datanet, or stops it. Only the Datanet's owner.
    function setBuilder(uint32 datanetId, address builder, bool allowed) external;

    /// @notice Sets the terms for what is committed from now on, and raises their version. Only the Datanet's owner.
    /// A Datanet that admits everybody asks for stake from its first batch on or never: once a batch came in without,
    /// `stakePerItem` must stay 0.
    function setTerms(uint32 datanetId, Terms calldata terms) external;

    /// @notice Announces which older Datanets get parts of what the Datanet is emitted, from `PARENTS_DELAY` on. Only the
    /// Datanet's owner. The delay, of the first parents too, keeps an owner from diverting an epoch that is about to be
    /// paid: governance sees the change in time to take the Datanet's weight away.
    /// @param ids The parents in ascending order, all smaller than `datanetId`, so that there are no cycles.
    /// @param bps The part of each, in basis points, together at most `MAX_PARENTS_BPS`.
    function setParents(uint32 datanetId, uint32[] calldata ids, uint16[] calldata bps) external;

    /// @notice Says whether a batch counts. Only the owner of a curated Datanet.
    function decideBatch(uint32 datanetId, uint64 batchId, bool accepted) external;

    /// @notice Commits the caller to a batch of items, under whatever terms the Datanet has.
    /// @param itemsRoot Root of the sorted-pair Merkle tree (OpenZeppelin) over the batch's `itemLeaf`s.
    /// @param itemCount How many items there are, from 1 to `MAX_BATCH_ITEMS`.
    /// @param manifestDigest SHA-256 of the batch manifest.
    /// @return batchId The id of the batch's first item.
    function commitBatch(
        uint32 datanetId,
        bytes32 itemsRoot,
        uint32 itemCount,
        bytes32 manifestDigest
    ) external returns (uint64 batchId);

    /// @notice `commitBatch`, if the Datanet's terms are still those of `termsVersion`: an owner who raises the stake
    /// meanwhile gets nothing locked.
    function commitBatchUnder(
        uint32 termsVersion,
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

    /// @notice Withdraws some of the caller's contributions from all later use.
    function withdraw(uint64 firstContributionId, uint32 count) external;

    /// @notice Puts some of the caller's contributions under another licence.
    function changeLicense(uint64 firstContributionId, uint32 count, bytes32 license) external;

    /// @notice Says that later contributions of the caller replace earlier ones.
    function succeed(uint64 firstContributionId, uint64 firstSuccessorId, uint32 count) external;

    /// @notice The most items in one batch.
    function MAX_BATCH_ITEMS() external view returns (uint32);

    /// @notice The most parents of a Datanet.
    function MAX_PARENTS() external view returns (uint256);

    /// @notice The most that a Datanet's parents get together, in basis points of its emission.
    function MAX_PARENTS_BPS() external view returns (uint256);

    /// @notice How long announced parents wait until they are in force, in seconds.
    function PARENTS_DELAY() external view returns (uint64);

    /// @notice Where contributors' stake is locked.
    function staking() external view returns (IDatanetStaking);

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

    /// @notice What a batch adds to its contributor's head: `head' = bytes22(keccak256(head, batchHash))`.
    function batchHash(Batch calldata batch) external pure returns (bytes32);

    /// @notice The hash over all that an account committed, zero if it has not contributed.
    function headOf(address account) external view returns (bytes22);

    /// @notice Whether a batch was committed, as given.
    function verifyBatch(BatchProof calldata batchProof) external view returns (bool);

    /// @notice Whether a batch was committed and an item is in it at that position. `proof` holds 32-byte siblings
    /// from the leaf up.
    function verifyItem(
        BatchProof calldata batchProof,
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

    /// @notice How many items an account has committed: its ids are `index << 32` and the following.
    function contributionCountOf(address account) external view returns (uint32);

    /// @notice A Datanet: its owner of today, the rest as created.
    function datanetOf(uint32 datanetId) external view returns (Datanet memory);

    /// @notice The account that was offered a Datanet, zero if none.
    function pendingOwnerOf(uint32 datanetId) external view returns (address);

    /// @notice The terms in force and their version, 0 if there never were any.
    function termsOf(uint32 datanetId) external view returns (Terms memory terms, uint32 version);

    /// @notice The parents of a Datanet that are in force, and their parts in basis points.
    function parentsOf(uint32 datanetId) external view returns (uint32[] memory ids, uint16[] memory bps);

    /// @notice The parents that were announced and are not in force yet, and when they will be, in seconds since 1970;
    /// zero if nothing is announced.
    function pendingParentsOf(
        uint32 datanetId
    ) external view returns (uint32[] memory ids, uint16[] memory bps, uint64 effectiveAt);

    /// @notice How many Datanets there are; their ids are 1 to this.
    function datanetCount() external view returns (uint32);
}
