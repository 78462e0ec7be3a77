// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";
import {IDatanetStaking} from "../interfaces/IDatanetStaking.sol";
import {ContributionLog} from "./ContributionLog.sol";

/// @title DatanetRegistry
/// @notice See {IDatanetRegistry}.
contract DatanetRegistry is ContributionLog {
    /// @dev The first five fields are one slot.
    /// @param staked The terms ask for stake.
    /// @param freeForever Somebody was admitted without stake and without being listed: the terms can ask for none.
    struct Record {
        address owner;
        Policy policy;
        bool staked;
        bool freeForever;
        uint32 termsVersion;
        bytes32 metadataDigest;
        address pendingOwner;
        Terms terms;
    }

    /// @dev The parents in force and those announced: `lists[latest]` are the last ones set, in force from `effectiveAt`
    /// on; until then the other list is. A parent is id (32 bits) | basis points (16), five to a slot.
    struct Lineage {
        uint64 effectiveAt;
        uint8 latest;
        uint48[][2] lists;
    }

    /// @dev So that the stake of a batch fits 128 bits.
    uint128 private constant MAX_STAKE_PER_ITEM = type(uint96).max;

    /// @inheritdoc IDatanetRegistry
    uint256 public constant MAX_PARENTS = 8;
    /// @inheritdoc IDatanetRegistry
    uint256 public constant MAX_PARENTS_BPS = 5_000;
    /// @inheritdoc IDatanetRegistry
    uint64 public constant PARENTS_DELAY = 14 days;

    /// @inheritdoc IDatanetRegistry
    IDatanetStaking public immutable staking;

    /// @inheritdoc IDatanetRegistry
    uint32 public datanetCount;

    mapping(uint32 datanetId => Record) private _datanets;
    mapping(uint32 datanetId => Lineage) private _lineages;
    mapping(uint32 datanetId => mapping(address account => bool)) private _contributors;
    mapping(uint32 datanetId => mapping(address account => bool)) private _builders;

    modifier onlyDatanetOwner(uint32 datanetId) {
        address owner = _known(datanetId).owner;
        if (msg.sender != owner) revert DatanetRegistry_NotOwner(msg.sender, owner);
        _;
    }

    constructor(IDatanetStaking staking_) {
        staking = staking_;
    }

    /// @inheritdoc IDatanetRegistry
    function createDatanet(
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) external returns (uint32 datanetId) {
        return _createDatanet(name, metadataDigest, policy);
    }

    /// @inheritdoc IDatanetRegistry
    function createDatanetUnder(
        Terms calldata terms,
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) external returns (uint32 datanetId) {
        datanetId = _createDatanet(name, metadataDigest, policy);
        _setTerms(datanetId, terms);
    }

    /// @inheritdoc IDatanetRegistry
    function transferDatanet(uint32 datanetId, address newOwner) external onlyDatanetOwner(datanetId) {
        _datanets[datanetId].pendingOwner = newOwner;
        emit DatanetTransferStarted(datanetId, msg.sender, newOwner);
    }

    /// @inheritdoc IDatanetRegistry
    function acceptDatanet(uint32 datanetId) external {
        // Check
        Record storage datanet = _known(datanetId);
        (address owner, address pendingOwner) = (datanet.owner, datanet.pendingOwner);
        if (msg.sender != pendingOwner) {
            revert DatanetRegistry_NotPendingOwner(msg.sender, pendingOwner);
        }

        // Effect
        datanet.owner = msg.sender;
        datanet.pendingOwner = address(0);
        emit DatanetTransferred(datanetId, owner, msg.sender);
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
    function setTerms(uint32 datanetId, Terms calldata terms) external onlyDatanetOwner(datanetId) {
        _setTerms(datanetId, terms);
    }

    /// @inheritdoc IDatanetRegistry
    function setParents(
        uint32 datanetId,
        uint32[] calldata ids,
        uint16[] calldata bps
    ) external onlyDatanetOwner(datanetId) {
        // Check
        if (ids.length > MAX_PARENTS || ids.length != bps.length) {
            revert DatanetRegistry_ParentCount(ids.length, bps.length, MAX_PARENTS);
        }

        // Effect: what is in force stays as it is; what was only announced is replaced.
        Lineage storage lineage = _lineages[datanetId];
        if (block.timestamp >= lineage.effectiveAt) lineage.latest = 1 - lineage.latest;
        uint64 effectiveAt = uint64(block.timestamp) + PARENTS_DELAY;
        lineage.effectiveAt = effectiveAt;
        delete lineage.lists[lineage.latest];
        _writeParents(lineage.lists[lineage.latest], datanetId, ids, bps);
        emit ParentsSet(datanetId, ids, bps, effectiveAt);
    }

    /// @inheritdoc IDatanetRegistry
    function decideBatch(
        uint32 datanetId,
        uint64 batchId,
        bool accepted
    ) external onlyDatanetOwner(datanetId) {
        Policy policy = _datanets[datanetId].policy;
        if (policy != Policy.Curated) revert DatanetRegistry_NotCurated(datanetId, policy);
        emit BatchDecided(datanetId, batchId, accepted);
    }

    /// @inheritdoc IDatanetRegistry
    function commit(
        uint32 datanetId,
        bytes32 commitment,
        bytes32 manifestDigest
    ) external returns (uint64 batchId) {
        return _commit(datanetId, commitment, 1, manifestDigest);
    }

    /// @inheritdoc IDatanetRegistry
    function commitBatch(
        uint32 datanetId,
        bytes32 itemsRoot,
        uint32 itemCount,
        bytes32 manifestDigest
    ) external returns (uint64 batchId) {
        _requireItemCount(itemCount);
        return _commit(datanetId, itemsRoot, itemCount, manifestDigest);
    }

    /// @inheritdoc IDatanetRegistry
    function commitBatchUnder(
        uint32 termsVersion,
        uint32 datanetId,
        bytes32 itemsRoot,
        uint32 itemCount,
        bytes32 manifestDigest
    ) external returns (uint64 batchId) {
        uint32 version = _known(datanetId).termsVersion;
        if (version != termsVersion) revert DatanetRegistry_TermsChanged(termsVersion, version);
        _requireItemCount(itemCount);
        return _commit(datanetId, itemsRoot, itemCount, manifestDigest);
    }

    /// @inheritdoc IDatanetRegistry
    function isBuilder(uint32 datanetId, address account) external view returns (bool) {
        return _known(datanetId).owner == account || _builders[datanetId][account];
    }

    /// @inheritdoc IDatanetRegistry
    function isContributor(uint32 datanetId, address account) external view returns (bool) {
        return _admits(_known(datanetId), datanetId, account);
    }

    /// @inheritdoc IDatanetRegistry
    function datanetOf(uint32 datanetId) external view returns (Datanet memory) {
        Record storage datanet = _known(datanetId);
        return Datanet(datanet.owner, datanet.policy, datanet.metadataDigest);
    }

    /// @inheritdoc IDatanetRegistry
    function pendingOwnerOf(uint32 datanetId) external view returns (address) {
        return _known(datanetId).pendingOwner;
    }

    /// @inheritdoc IDatanetRegistry
    function termsOf(uint32 datanetId) external view returns (Terms memory terms, uint32 version) {
        Record storage datanet = _known(datanetId);
        return (datanet.terms, datanet.termsVersion);
    }

    /// @inheritdoc IDatanetRegistry
    function parentsOf(uint32 datanetId) external view returns (uint32[] memory ids, uint16[] memory bps) {
        Lineage storage lineage = _lineages[datanetId];
        uint8 latest = lineage.latest;
        return _readParents(lineage.lists[block.timestamp < lineage.effectiveAt ? 1 - latest : latest]);
    }

    /// @inheritdoc IDatanetRegistry
    function pendingParentsOf(
        uint32 datanetId
    ) external view returns (uint32[] memory ids, uint16[] memory bps, uint64 effectiveAt) {
        Lineage storage lineage = _lineages[datanetId];
        effectiveAt = lineage.effectiveAt;
        if (block.timestamp >= effectiveAt) return (ids, bps, 0);
        (ids, bps) = _readParents(lineage.lists[lineage.latest]);
    }

    /// @inheritdoc ContributionLog
    function _admitCaller(uint32 datanetId) internal override returns (bool lasting) {
        Record storage datanet = _known(datanetId);
        if (!_admits(datanet, datanetId, msg.sender)) {
            revert DatanetRegistry_NotContributor(datanetId, msg.sender);
        }
        lasting = datanet.policy != Policy.AllowList && !datanet.staked;
        if (lasting && !datanet.freeForever) datanet.freeForever = true;
    }

    /// @inheritdoc ContributionLog
    function _lockStake(uint32 datanetId, uint32 itemCount) internal override {
        Record storage datanet = _datanets[datanetId];
        if (datanet.staked) staking.lock(msg.sender, datanetId, datanet.terms.stakePerItem * itemCount);
    }

    function _createDatanet(
        string calldata name,
        bytes32 metadataDigest,
        Policy policy
    ) private returns (uint32 datanetId) {
        datanetId = ++datanetCount;
        Record storage datanet = _datanets[datanetId];
        datanet.owner = msg.sender;
        datanet.policy = policy;
        datanet.metadataDigest = metadataDigest;
        emit DatanetCreated(datanetId, msg.sender, name, metadataDigest, uint8(policy));
    }

    function _setTerms(uint32 datanetId, Terms calldata terms) private {
        // Check
        if (terms.stakePerItem > MAX_STAKE_PER_ITEM) {
            revert DatanetRegistry_StakePerItem(terms.stakePerItem, MAX_STAKE_PER_ITEM);
        }
        Record storage datanet = _datanets[datanetId];
        if (terms.stakePerItem != 0 && datanet.freeForever) {
            revert DatanetRegistry_StakeTooLate(datanetId, terms.stakePerItem);
        }

        // Effect
        uint32 version = ++datanet.termsVersion;
        datanet.staked = terms.stakePerItem != 0;
        datanet.terms = terms;
        emit TermsSet(datanetId, version, terms.stakePerItem, terms.purposes, terms.license);
    }

    function _writeParents(
        uint48[] storage list,
        uint32 datanetId,
        uint32[] calldata ids,
        uint16[] calldata bps
    ) private {
        uint256 sum;
        uint32 last;
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] <= last || ids[i] >= datanetId) {
                revert DatanetRegistry_ParentOrder(ids[i], datanetId);
            }
            last = ids[i];
            sum += bps[i];
            if (bps[i] == 0 || sum > MAX_PARENTS_BPS) revert DatanetRegistry_ParentShares(bps[i], sum);
            list.push((uint48(ids[i]) << 16) | bps[i]);
        }
    }

    function _readParents(
        uint48[] storage list
    ) private view returns (uint32[] memory ids, uint16[] memory bps) {
        uint256 count = list.length;
        ids = new uint32[](count);
        bps = new uint16[](count);
        for (uint256 i; i < count; ++i) (ids[i], bps[i]) = (uint32(list[i] >> 16), uint16(list[i]));
    }

    function _admits(Record storage datanet, uint32 datanetId, address account) private view returns (bool) {
        return
            datanet.policy != Policy.AllowList ||
            datanet.owner == account ||
            _contributors[datanetId][account];
    }

    function _known(uint32 datanetId) private view returns (Record storage datanet) {
        datanet = _datanets[datanetId];
        if (datanet.owner == address(0)) revert DatanetRegistry_UnknownDatanet(datanetId, datanetCount);
    }
}
