// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {ReferenceTokenMock} from "../../../contracts/mocks/ReferenceTokenMock.sol";
import {OpenToken} from "../../../contracts/token/OpenToken.sol";

/// @notice Gives OPEN and OpenZeppelin's token the same calls and watches for the first difference.
contract TwinTokens {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant SUPPLY = 1_000_000_000e18;
    uint256 private constant ACCOUNTS = 4;

    OpenToken public immutable token;
    ReferenceTokenMock public immutable twin;

    /// @dev The last is the zero address: calls with it must fail or work alike too.
    address[ACCOUNTS + 1] public accounts;
    uint48 public immutable born = uint48(block.timestamp);
    uint256 public attempted;
    uint256 public succeeded;
    /// @notice Whether some call worked on one token and failed on the other, or failed for another reason.
    bool public differed;

    constructor() {
        for (uint160 i = 0; i < ACCOUNTS; i++) accounts[i] = address(0xA11CE + i);
        token = new OpenToken(accounts[0], address(this));
        twin = new ReferenceTokenMock(accounts[0], SUPPLY, false);
        for (uint256 i = 1; i < ACCOUNTS; i++) {
            _both(0, abi.encodeCall(token.transfer, (accounts[i], SUPPLY / (i + 3))));
            _both(i, abi.encodeCall(token.delegate, (accounts[i])));
            _both(0, abi.encodeCall(token.approve, (accounts[i], type(uint256).max)));
        }
    }

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        _both(from, abi.encodeCall(token.transfer, (_any(to), _amount(_caller(from), amount))));
    }

    function approve(uint256 owner, uint256 spender, uint256 amount) external {
        uint256 allowance = amount % 8 == 0 ? type(uint256).max : _amount(_caller(owner), amount);
        _both(owner, abi.encodeCall(token.approve, (_any(spender), allowance)));
    }

    function transferFrom(uint256 spender, uint256 from, uint256 to, uint256 amount) external {
        uint256 bounded = _amount(_caller(from), amount);
        if (bounded == 0) bounded = 1; // from the zero address, nothing: the tokens name different faults
        _both(spender, abi.encodeCall(token.transferFrom, (_any(from), _any(to), bounded)));
    }

    function delegate(uint256 account, uint256 delegatee) external {
        _both(account, abi.encodeCall(token.delegate, (_any(delegatee))));
    }

    function burn(uint256 account, uint256 amount) external {
        // Small parts, so that something is left to play with; one in eight asks for too much.
        uint256 bounded = _amount(_caller(account), amount);
        _both(account, abi.encodeCall(token.burn, (amount % 8 == 0 ? bounded : bounded / 1000)));
    }

    function pass(uint256 duration) external {
        vm.warp(block.timestamp + (duration % 1 hours));
    }

    /// @dev Up to a little more than the balance: most calls work, some fail.
    function _amount(address account, uint256 seed) private view returns (uint256) {
        uint256 balance = token.balanceOf(account);
        return seed % (balance + balance / 8 + 2);
    }

    function _both(uint256 caller, bytes memory call) private {
        vm.prank(_caller(caller));
        (bool worked, bytes memory result) = address(token).call(call);
        vm.prank(_caller(caller));
        (bool twinWorked, bytes memory twinResult) = address(twin).call(call);
        attempted++;
        if (worked) succeeded++;
        if (worked != twinWorked || keccak256(result) != keccak256(twinResult)) differed = true;
    }

    function _caller(uint256 seed) private view returns (address) {
        return accounts[seed % ACCOUNTS];
    }

    function _any(uint256 seed) private view returns (address) {
        return accounts[seed % (ACCOUNTS + 1)];
    }
}

/// @notice OPEN packs its accounts and skips votes where nobody delegated; nobody may see that from outside.
contract OpenTokenDifferential {
    error Differential_Differs(string what, uint256 got, uint256 expected);

    uint256 private constant ACCOUNTS = 5;
    uint256 private constant LEAST_SUCCESS_PERCENT = 50;
    /// @dev Moments of the past that are compared after each call.
    uint256 private constant MOMENTS = 4;

    TwinTokens private handler;

    event log_named_uint(string key, uint256 value);

    function setUp() external {
        handler = new TwinTokens();
    }

    /// @dev forge calls nothing but these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_sameSuccessFailureAndError() external view {
        if (handler.differed()) revert Differential_Differs("a call", 1, 0);
    }

    function invariant_sameBalancesAllowancesAndSupply() external view {
        (OpenToken token, address twin) = (handler.token(), address(handler.twin()));
        OpenToken other = OpenToken(twin);
        _equal("total supply", token.totalSupply(), other.totalSupply());
        uint256 sum = 0;
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            address account = handler.accounts(i);
            sum += token.balanceOf(account);
            _equal("balance", token.balanceOf(account), other.balanceOf(account));
            for (uint256 j = 0; j < ACCOUNTS; j++) {
                address spender = handler.accounts(j);
                uint256 allowed = token.allowance(account, spender);
                _equal("allowance", allowed, other.allowance(account, spender));
            }
        }
        _equal("sum of balances", sum, token.totalSupply());
    }

    function invariant_sameVotesNowAndBefore() external view {
        (OpenToken token, OpenToken other) = (handler.token(), OpenToken(address(handler.twin())));
        uint256 age = block.timestamp - handler.born();
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            address account = handler.accounts(i);
            _equal("votes", token.getVotes(account), other.getVotes(account));
            _equal("delegate", uint160(token.delegates(account)), uint160(other.delegates(account)));
            for (uint256 k = 0; k < MOMENTS && age > 0; k++) {
                uint256 moment = handler.born() + ((age - 1) * k) / (MOMENTS - 1);
                _equal(
                    "past votes",
                    token.getPastVotes(account, moment),
                    other.getPastVotes(account, moment)
                );
                _equal("past supply", token.getPastTotalSupply(moment), other.getPastTotalSupply(moment));
            }
        }
    }

    /// @dev Once after each run: how much of it really happened.
    function afterInvariant() external {
        uint256 percent = (handler.succeeded() * 100) / handler.attempted();
        emit log_named_uint("calls to both tokens", handler.attempted());
        emit log_named_uint("successful, percent", percent);
        if (percent < LEAST_SUCCESS_PERCENT) {
            revert Differential_Differs("successful calls, percent", percent, LEAST_SUCCESS_PERCENT);
        }
    }

    function _equal(string memory what, uint256 got, uint256 expected) private pure {
        if (got != expected) revert Differential_Differs(what, got, expected);
    }
}
