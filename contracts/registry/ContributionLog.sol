// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IDatanetRegistry} from "../interfaces/IDatanetRegistry.sol";

/// @title ContributionLog
/// @notice The part of {IDatanetRegistry} that is about contributors: their indices and what they committed.
/// @dev A contributor who commits to the same Datanet again touches one slot: its own log.
abstract contract ContributionLog is IDatanetRegistry {
    /// @dev What an account has committed. A struct, so that its slot is found once and kept. The bits are
    /// head (176) | admitted to (24) | index + 1 (28) | items committed (28); all zero means "has not contributed".
    /// "Admitted to" is the Datanet of the last batch, if it admits everybody without stake for ever: to commit to it
    /// again, it need not be read.
    struct Log {
        uint256 bits;
    }

    bytes32 private constant CONTRIBUTION_TAG = keccak256("OpenDatanets.Contribution.v1");
    uint256 private constant LOG_FIELD = (1 << 28) - 1;
    uint256 private constant ADMITTED_FIELD = (1 << 24) - 1;
    uint256 private constant NUMBER_SHIFT = 28;
    uint256 private constant ADMITTED_SHIFT = 56;
    uint256 private constant FIELDS = (1 << 80) - 1;

    /// @inheritdoc IDatanetRegistry
    uint32 public constant MAX_BATCH_ITEMS = 1 << 24;

    /// @inheritdoc IDatanetRegistry
    uint32 public contributorCount;

    mapping(uint32 index => address account) private _accounts;
    mapping(address account => Log) private _logs;

    /// @inheritdoc IDatanetRegistry
    function withdraw(uint64 firstContributionId, uint32 count) external {
        uint32 index = _requireOwnItems(firstContributionId, count);
        emit ContributionsWithdrawn(index, firstContributionId, count);
    }

    /// @inheritdoc IDatanetRegistry
    function changeLicense(uint64 firstContributionId, uint32 count, bytes32 license) external {
        uint32 index = _requireOwnItems(firstContributionId, count);
        emit ContributionsRelicensed(index, firstContributionId, count, license);
    }

    /// @inheritdoc IDatanetRegistry
    function succeed(uint64 firstContributionId, uint64 firstSuccessorId, uint32 count) external {
        uint32 index = _requireOwnItems(firstContributionId, count);
        _requireOwnItems(firstSuccessorId, count);
        if (firstSuccessorId < firstContributionId + count) {
            revert DatanetRegistry_SuccessorOrder(firstContributionId, firstSuccessorId);
        }
        emit ContributionsSucceeded(index, firstContributionId, firstSuccessorId, count);
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
    function headOf(address account) external view returns (bytes22) {
        return bytes22(bytes32(_logs[account].bits));
    }

    /// @inheritdoc IDatanetRegistry
    function verifyItem(
        BatchProof calldata batchProof,
        uint32 index,
        bytes32 digest,
        bytes32 salt,
        bytes32[] calldata proof
    ) external view returns (bool) {
        Batch calldata batch = batchProof.batch;
        if (index >= batch.itemCount || !verifyBatch(batchProof)) return false;
        bytes32 leaf = _itemLeaf(
            batch.datanetId,
            contributorAt(uint32(batch.firstContributionId >> 32)),
            index,
            digest,
            salt
        );
        return MerkleProof.verifyCalldata(proof, batch.itemsRoot, leaf);
    }

    /// @inheritdoc IDatanetRegistry
    function contributorIndexOf(address account) external view returns (bool registered, uint32 index) {
        uint256 number = (_logs[account].bits >> NUMBER_SHIFT) & LOG_FIELD;
        return number == 0 ? (false, 0) : (true, uint32(number - 1));
    }

    /// @inheritdoc IDatanetRegistry
    function contributionCountOf(address account) external view returns (uint32) {
        return uint32(_logs[account].bits & LOG_FIELD);
    }

    /// @inheritdoc IDatanetRegistry
    function contributorAt(uint32 index) public view returns (address) {
        return _accounts[index];
    }

    /// @inheritdoc IDatanetRegistry
    function verifyBatch(BatchProof calldata batchProof) public view returns (bool) {
        address contributor = contributorAt(uint32(batchProof.batch.firstContributionId >> 32));
        bytes22 head = _headAfter(batchProof.headBefore, batchHash(batchProof.batch));
        for (uint256 i; i < batchProof.laterBatches.length; ++i) {
            head = _headAfter(head, batchProof.laterBatches[i]);
        }
        return head == bytes22(bytes32(_logs[contributor].bits));
    }

    /// @inheritdoc IDatanetRegistry
    function batchHash(Batch calldata batch) public pure returns (bytes32) {
        return keccak256(abi.encode(batch));
    }

    /// @dev The path that costs: one slot is read and written when the caller commits to the same Datanet again.
    function _commit(
        uint256 datanetId,
        bytes32 itemsRoot,
        uint256 itemCount,
        bytes32 manifestDigest
    ) internal returns (uint64) {
        // Check
        if (itemsRoot == 0) revert DatanetRegistry_ZeroCommitment();

        // Effect
        Log storage slot = _logs[msg.sender];
        uint256 log = slot.bits;
        if ((log >> ADMITTED_SHIFT) & ADMITTED_FIELD != datanetId || datanetId == 0) {
            log = _admit(log, uint32(datanetId));
        }
        // Nothing here can overflow: the fields of a log are narrower than their room, and the index is not zero.
        unchecked {
            uint256 items = log & LOG_FIELD;
            if (items + itemCount > LOG_FIELD) revert DatanetRegistry_IdsExhausted(msg.sender, itemCount);
            uint256 firstId = ((((log >> NUMBER_SHIFT) & LOG_FIELD) - 1) << 32) | items;
            bytes32 topic = BatchCommitted.selector;
            // The same words in memory are `abi.encode(Batch)` and, without the first, the event's data.
            assembly ("memory-safe") {
                let words := mload(0x40)
                mstore(words, datanetId)
                mstore(add(words, 0x20), firstId)
                mstore(add(words, 0x40), itemCount)
                mstore(add(words, 0x60), itemsRoot)
                mstore(add(words, 0x80), manifestDigest)
                mstore(0x00, log)
                mstore(0x16, keccak256(words, 0xa0))
                // The log's fields: its items grow by the batch. Its head: the hash of the old one and the batch.
                log := add(and(log, FIELDS), itemCount)
                sstore(slot.slot, or(and(keccak256(0x00, 0x36), not(FIELDS)), log))
                log3(add(words, 0x20), 0x80, topic, datanetId, caller())
            }

            // Interaction
            if (log >> ADMITTED_SHIFT == 0) _lockStake(uint32(datanetId), uint32(itemCount));
            return uint64(firstId);
        }
    }

    /// @dev Checks that the caller may contribute to a Datanet. Returns whether anybody may, without stake, for ever.
    function _admitCaller(uint32 datanetId) internal virtual returns (bool lasting);

    /// @dev Locks what the terms of a Datanet ask for, if anything.
    function _lockStake(uint32 datanetId, uint32 itemCount) internal virtual;

    function _requireItemCount(uint32 itemCount) internal pure {
        if (itemCount == 0 || itemCount > MAX_BATCH_ITEMS) {
            revert DatanetRegistry_ItemCount(itemCount, MAX_BATCH_ITEMS);
        }
    }

    /// @dev Gives a new caller its index. Returns the caller's log with the Datanet it is admitted to.
    function _admit(uint256 log, uint32 datanetId) private returns (uint256) {
        bool lasting = _admitCaller(datanetId);
        if (log == 0) log = uint256(_register()) << NUMBER_SHIFT;
        log &= ~(ADMITTED_FIELD << ADMITTED_SHIFT);
        if (!lasting) return log;
        return datanetId > ADMITTED_FIELD ? log : log | (uint256(datanetId) << ADMITTED_SHIFT);
    }

    /// @dev Returns the caller's index plus one.
    function _register() private returns (uint32 number) {
        uint32 index = contributorCount;
        number = index + 1;
        if (number > LOG_FIELD) revert DatanetRegistry_IdsExhausted(msg.sender, 0);
        contributorCount = number;
        _accounts[index] = msg.sender;
        emit ContributorRegistered(index, msg.sender);
    }

    /// @dev Returns the caller's index.
    function _requireOwnItems(uint64 firstContributionId, uint32 count) private view returns (uint32 index) {
        uint256 log = _logs[msg.sender].bits;
        index = uint32(firstContributionId >> 32);
        uint256 number = (log >> NUMBER_SHIFT) & LOG_FIELD;
        uint256 end = uint256(uint32(firstContributionId)) + count;
        if (count == 0 || number != uint256(index) + 1 || end > log & LOG_FIELD) {
            revert DatanetRegistry_NotOwnItems(msg.sender, firstContributionId, count);
        }
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

    function _headAfter(bytes22 head, bytes32 hash) private pure returns (bytes22) {
        return bytes22(keccak256(abi.encodePacked(head, hash)));
    }
}
