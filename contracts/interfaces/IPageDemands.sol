// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttributionOracle} from "./IAttributionOracle.sol";
import {IPostedTrees} from "./IPostedTrees.sol";

/// @title IPageDemands
/// @notice Anyone demands, without a bond, that a page of a tree behind the pending post be shown on chain. If nobody
/// shows it in time, the post falls. So a root whose leaves were never published, or that nobody knows, never becomes
/// final.
/// @dev Assumptions: the operators can send a transaction within the response window; only an operator whose archive is
/// public and honest can be sure that somebody else answers. Safety: an honest page has exactly one content, which
/// anyone with the archive can show. Liveness: a demand ends by the post's deadline, which never moves, so demands
/// cannot delay a post that is answered; who wants time to use an answer must ask early. A page is asked for only once
/// for each time that a root is posted.
interface IPageDemands is IPostedTrees {
    /// @notice 64 leaves of a tree, or fewer where the tree ends.
    /// @param poolId The pool of a settlement; zero for the other trees.
    /// @param root The tree's root, and its number of leaves.
    /// @param number From 0, also over the empty positions behind the last leaf.
    struct Page {
        Tree tree;
        uint64 poolId;
        bytes24 root;
        uint64 leafCount;
        uint64 number;
    }

    /// @notice A page must be shown until `answerBy`, in seconds since 1970.
    event PageDemanded(
        uint32 indexed epoch,
        bytes24 indexed pendingHash,
        address indexed demander,
        Page page,
        uint64 answerBy
    );
    /// @notice `count` pages from `first` on were shown; their leaves are in the transaction.
    event PagesRevealed(bytes24 indexed pendingHash, address indexed revealer, Page first, uint256 count);

    /// @notice Thrown when an answer would get no time, or more than a third of the shortest challenge window; in seconds.
    error PageDemands_ResponseOutside(uint64 responseWindow, uint64 maximum);
    /// @notice Thrown when a tree has not that many pages.
    error PageDemands_NoSuchPage(uint64 number, uint256 pages);
    /// @notice Thrown when a page was already demanded, to be shown until `answerBy`; the greatest number if it was.
    error PageDemands_AlreadyDemanded(uint64 number, uint64 answerBy);
    /// @notice Thrown when a demand or an answer comes too late; times are in seconds since 1970.
    error PageDemands_TooLate(uint256 timestamp, uint64 bound);
    /// @notice Thrown when a post is rejected before the answer is due; times are in seconds since 1970.
    error PageDemands_TooEarly(uint256 timestamp, uint64 answerBy);
    /// @notice Thrown when nobody waits for that page of the pending post, nor for any that is shown with it: `answerBy` is zero if it was not demanded,
    /// the greatest number if it was shown.
    error PageDemands_NotOpen(uint64 number, uint64 answerBy);
    /// @notice Thrown when a tree has no run of `1 << levels` pages that starts there and has a node of its own.
    error PageDemands_NoSuchRun(uint64 number, uint256 levels);
    /// @notice Thrown when leaves or proof of a page have another length in bytes than they must have.
    error PageDemands_WrongLength(uint256 got, uint256 expected);

    /// @notice Demands a page of the pending post. Not later than a response window before its deadline.
    /// @param pool The manifest leaf of the pool whose settlement it is; ignored for the other trees.
    /// @return page What must be shown.
    function demand(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        Tree tree,
        uint64 number,
        ManifestLeaf calldata pool
    ) external returns (Page memory page);

    /// @notice Shows a demanded page of the pending post. Anyone, until the answer is due.
    /// @param leaves The fields of its leaves, packed as they are hashed, without domain and pool id: 52 bytes for each
    /// leaf of a ledger, 40 of a journal, 104 of a manifest, 36 of a settlement.
    /// @param proof 24-byte siblings from the page up.
    function reveal(Page calldata page, bytes calldata leaves, bytes calldata proof) external;

    /// @notice Shows `1 << levels` neighbouring pages, of which at least one is waited for: by one proof, in one closing.
    /// @param first The first page; its number is a multiple of how many there are.
    /// @param leaves As in `reveal`, of all the pages.
    /// @param proof 24-byte siblings from the run up.
    function revealPages(
        Page calldata first,
        uint8 levels,
        bytes calldata leaves,
        bytes calldata proof
    ) external;

    /// @notice Rejects the pending post because a page was not shown in time.
    function rejectUnrevealed(
        IAttributionOracle.Post calldata post,
        uint32 signers,
        Page calldata page
    ) external;

    /// @notice Until when a page of the pending post must be shown, in seconds since 1970: zero if it was not demanded,
    /// the greatest number if it was shown.
    function answerBy(Page calldata page) external view returns (uint64);

    /// @notice The leaves of a page.
    function PAGE_LEAVES() external view returns (uint256);

    /// @notice The longest response window, in seconds: a third of the shortest challenge window, so that whoever gets a
    /// manifest by a demand can still demand a settlement, and use that.
    function MAX_RESPONSE() external view returns (uint64);

    /// @notice How long after a demand the page must be shown, in seconds.
    function responseWindow() external view returns (uint64);
}
