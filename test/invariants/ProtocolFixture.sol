// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";

import {CommitteeArbitrator} from "../../contracts/court/CommitteeArbitrator.sol";
import {DisputeCourt} from "../../contracts/court/DisputeCourt.sol";
import {OpenAccess} from "../../contracts/governance/OpenAccess.sol";
import {OpenGovernor} from "../../contracts/governance/OpenGovernor.sol";
import {OpenTimelock} from "../../contracts/governance/OpenTimelock.sol";
import {IDatanetRegistry} from "../../contracts/interfaces/IDatanetRegistry.sol";
import {IDisputeCourt} from "../../contracts/interfaces/IDisputeCourt.sol";
import {IEmissionController} from "../../contracts/interfaces/IEmissionController.sol";
import {IGenesisDistribution} from "../../contracts/interfaces/IGenesisDistribution.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IOpenGovernor} from "../../contracts/interfaces/IOpenGovernor.sol";
import {AttributionOracle} from "../../contracts/oracle/AttributionOracle.sol";
import {FraudProofs} from "../../contracts/oracle/FraudProofs.sol";
import {OperatorSet} from "../../contracts/oracle/OperatorSet.sol";
import {PageDemands} from "../../contracts/oracle/PageDemands.sol";
import {SettlementProofs} from "../../contracts/oracle/SettlementProofs.sol";
import {InferencePayments} from "../../contracts/payments/InferencePayments.sol";
import {ContributorRegistry} from "../../contracts/registry/ContributorRegistry.sol";
import {DatanetRegistry} from "../../contracts/registry/DatanetRegistry.sol";
import {DatanetStaking} from "../../contracts/registry/DatanetStaking.sol";
import {ModelRegistry} from "../../contracts/registry/ModelRegistry.sol";
import {EmissionController} from "../../contracts/rewards/EmissionController.sol";
import {RewardEscrow} from "../../contracts/rewards/RewardEscrow.sol";
import {RewardVault} from "../../contracts/rewards/RewardVault.sol";
import {GenesisDistribution} from "../../contracts/token/GenesisDistribution.sol";
import {OpenToken} from "../../contracts/token/OpenToken.sol";
import {Cheats} from "./Cheats.sol";

/// @notice The whole real system, deployed, wired and handed over as scripts/deploymentPlan.ts does it, with three
/// Datanets (the third a child of the first), two models (the second built on the first) and everybody who takes part.
/// When the constructor is done the deployer, this contract, holds no right and no token.
abstract contract ProtocolFixture {
    Cheats internal constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 public constant CONTRIBUTORS = 6;
    uint256 public constant OPERATORS = 10;
    uint256 internal constant SEATS = 6;
    uint256 public constant PAYERS = 2;
    uint256 internal constant MEMBERS = 3;
    uint32 public constant DATANETS = 3;
    uint32 public constant MODELS = 2;
    /// @notice The Datanet whose terms ask for stake.
    uint32 public constant STAKED_DATANET = 2;

    uint256 internal constant OPERATOR_KEY = 0x0B0B00;
    uint256 internal constant PAYER_KEY = 0xA11CE00;
    bytes32 internal constant CONFIG = keccak256("epoch configuration");
    uint64 internal constant START = 1_800_000_000;
    uint64 internal constant VESTING = 1460 days;
    uint64 internal constant EXIT_DELAY = 4 days;
    uint64 internal constant EMISSION_EPOCH = 1 days;
    uint96 internal constant BOND = 1_000e18;
    uint128 internal constant STAKE_PER_ITEM = 1e18;
    uint128 internal constant BUDGET = 500_000e18;
    uint128 internal constant PURSE = 500_000e18;
    uint16 public constant PROTOCOL_BPS = 500;
    uint16 public constant STAKERS_BPS = 700;

    OpenAccess public immutable access;
    OpenTimelock public immutable timelock;
    OpenGovernor public immutable governor;
    GenesisDistribution public immutable genesis;
    OpenToken public immutable token;
    ContributorRegistry public immutable contributorRules;
    DatanetStaking public immutable staking;
    DatanetRegistry public immutable registry;
    ModelRegistry public immutable models;
    OperatorSet public immutable operators;
    RewardVault public immutable vault;
    RewardEscrow public immutable escrow;
    InferencePayments public immutable payments;
    EmissionController public immutable emissions;
    CommitteeArbitrator public immutable arbitrator;
    DisputeCourt public immutable court;
    VestingWallet public immutable vesting;

    /// @notice Replaced by a handing over, with what proves against it.
    AttributionOracle public oracle;
    FraudProofs public fraudProofs;
    SettlementProofs public settlementProofs;
    PageDemands public pageDemands;

    address internal immutable founder = vm.addr(0xF0);
    address internal immutable guardian = vm.addr(0x60A2D);
    address internal immutable epochManager = vm.addr(0xE9);
    address public immutable treasury = vm.addr(0x72EA);
    address internal immutable challenger = vm.addr(0xC4A1);
    /// @dev Where contributors let their rewards be sent, and who recovers their rules.
    address internal immutable coldWallet = vm.addr(0xC01D);

    address[] internal _contributors;
    address[] internal _operators;
    address[] internal _payers;
    address[] internal _members;
    /// @dev Everybody who can ever have a token.
    address[] internal _holders;

    constructor() {
        vm.warp(START);
        _name();
        access = new OpenAccess(address(this));
        address[] memory nobody = new address[](0);
        timelock = new OpenTimelock(2 days, nobody, new address[](1), address(this));
        genesis = new GenesisDistribution(address(this), _groups());
        token = new OpenToken(address(genesis), address(access));
        contributorRules = new ContributorRegistry(token, 7 days);
        staking = new DatanetStaking(token, address(access), 14 days);
        registry = new DatanetRegistry(staking);
        models = new ModelRegistry(registry);
        operators = new OperatorSet(token, address(access), address(this), BOND, EXIT_DELAY);
        vault = new RewardVault(token, address(this), 1);
        escrow = new RewardEscrow(token, address(vault), address(this));
        _deployOracle(address(0));
        payments = new InferencePayments(
            token,
            models,
            escrow,
            staking,
            treasury,
            PROTOCOL_BPS,
            STAKERS_BPS,
            3000
        );
        emissions = new EmissionController(
            token,
            escrow,
            registry,
            models,
            payments,
            address(access),
            IEmissionController.Curve(BUDGET, 9_000, 20),
            EMISSION_EPOCH,
            START + EMISSION_EPOCH
        );
        arbitrator = new CommitteeArbitrator(address(access), _members, 2, 2 days);
        court = new DisputeCourt(token, staking, arbitrator, address(access), _courtParameters());
        governor = new OpenGovernor(
            token,
            timelock,
            IOpenGovernor.Settings(1 hours, 1 days, 1_000e18, 2, 1 hours)
        );
        _allocate();
        vesting = VestingWallet(payable(genesis.walletsOf(0)[0]));
        _wire();
        _populate();
        _handOver();
    }

    /// @dev With what proves against it.
    function _deployOracle(address predecessor) internal {
        uint64 window = predecessor == address(0) ? 1 days : oracle.challengeWindow();
        oracle = new AttributionOracle(
            operators,
            escrow,
            vault,
            registry,
            address(access),
            window,
            predecessor
        );
        fraudProofs = new FraudProofs(oracle, registry);
        settlementProofs = new SettlementProofs(oracle);
        pageDemands = new PageDemands(oracle, 20 minutes);
    }

    function _name() private {
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) _contributors.push(vm.addr(0xACC000 + i));
        for (uint256 i = 0; i < OPERATORS; ++i) _operators.push(vm.addr(OPERATOR_KEY + i));
        for (uint256 i = 0; i < PAYERS; ++i) _payers.push(vm.addr(PAYER_KEY + i));
        for (uint256 i = 0; i < MEMBERS; ++i) _members.push(vm.addr(0xC0117EE00 + i));
    }

    function _groups() private pure returns (IGenesisDistribution.Group[5] memory groups) {
        groups[0] = IGenesisDistribution.Group("community", 5171, 0, VESTING);
        groups[1] = IGenesisDistribution.Group("investors", 1829, 365 days, 1095 days);
        groups[2] = IGenesisDistribution.Group("team", 1500, 365 days, 1095 days);
        groups[3] = IGenesisDistribution.Group("ecosystem", 1000, 0, VESTING);
        groups[4] = IGenesisDistribution.Group("liquidity", 500, 0, 0);
    }

    function _courtParameters() private pure returns (IDisputeCourt.Parameters memory) {
        return
            IDisputeCourt.Parameters({
                bond: 100e18,
                appealStake: 50e18,
                maxSlash: 200e18,
                epochCap: 300e18,
                epochLength: 7 days,
                answerPeriod: 1 days,
                appealPeriod: 1 days,
                patience: 4 days,
                maxAppeals: 2
            });
    }

    function _allocate() private {
        _holders = [founder, guardian, epochManager, treasury, challenger, coldWallet, address(this)];
        address[5] memory heirs = [address(emissions), founder, founder, address(timelock), founder];
        for (uint8 group = 0; group < 5; ++group) {
            IGenesisDistribution.Beneficiary[] memory list = new IGenesisDistribution.Beneficiary[](1);
            uint128 amount = uint128((token.totalSupply() * genesis.groupOf(group).bps) / 10_000);
            list[0] = IGenesisDistribution.Beneficiary(heirs[group], group == 4 ? 0 : amount, 0);
            if (group == 4) list[0].liquid = amount;
            genesis.allocate(token, group, list);
            address wallet = genesis.walletsOf(group)[0];
            if (wallet != address(0)) _holders.push(wallet);
        }
    }

    function _wire() private {
        token.setDistributor(address(vault), true);
        token.setPayoutRegistry(address(contributorRules));
        staking.setRegistry(address(registry));
        vault.setOracle(address(oracle));
        escrow.setOracle(address(oracle));
        oracle.setProver(address(fraudProofs), true);
        oracle.setProver(address(settlementProofs), true);
        oracle.setProver(address(pageDemands), true);
        address[] memory seated = new address[](SEATS);
        for (uint256 i = 0; i < SEATS; ++i) seated[i] = _operators[i];
        operators.setOperators(seated, 1, 1);
        operators.setOracle(address(oracle));
        emissions.setVestingWallet(vesting);
    }

    function _populate() private {
        registry.createDatanet("Solidity code", 0, IDatanetRegistry.Policy.Open);
        IDatanetRegistry.Terms memory terms = IDatanetRegistry.Terms(STAKE_PER_ITEM, 1, "CC-BY-4.0");
        registry.createDatanetUnder(terms, "Staked text", 0, IDatanetRegistry.Policy.Open);
        registry.createDatanet("Audited code", 0, IDatanetRegistry.Policy.Open);
        (uint32[] memory ids, uint16[] memory bps) = (new uint32[](1), new uint16[](1));
        (ids[0], bps[0]) = (1, 2_500);
        registry.setParents(3, ids, bps);
        models.registerModel(IModelRegistry.ModelParams("base", 0, 1, CONFIG, CONFIG, 1, 0, 0));
        models.registerModel(IModelRegistry.ModelParams("tuned", 1, 3, CONFIG, CONFIG, 1, 0, 2_000));
        _fund(_contributors, address(staking));
        _fund(_operators, address(operators));
        _fund(_payers, address(payments));
        _fund(_members, address(court));
        vm.prank(founder);
        token.transfer(challenger, PURSE);
        vm.prank(founder);
        token.delegate(founder);
        vm.prank(founder);
        token.approve(address(escrow), type(uint256).max);
        for (uint256 i = 0; i < OPERATORS; ++i) {
            vm.prank(_operators[i]);
            operators.bond(BOND);
        }
    }

    /// @dev Gives everybody a purse, which the court and one contract more may take from.
    function _fund(address[] storage accounts, address spender) private {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _holders.push(accounts[i]);
            vm.prank(founder);
            token.transfer(accounts[i], PURSE);
            vm.prank(accounts[i]);
            token.approve(spender, type(uint256).max);
            vm.prank(accounts[i]);
            token.approve(address(court), type(uint256).max);
        }
        vm.prank(challenger);
        token.approve(address(court), type(uint256).max);
    }

    function _handOver() private {
        bytes4[] memory guarded = new bytes4[](3);
        guarded[0] = oracle.cancelPending.selector;
        guarded[1] = oracle.pauseClaims.selector;
        guarded[2] = oracle.resumeClaims.selector;
        access.setTargetFunctionRole(address(oracle), guarded, 1);
        access.setTargetFunctionRole(address(oracle), _one(oracle.openEpoch.selector), 2);
        access.setTargetFunctionRole(address(staking), _one(staking.slash.selector), 3);
        access.setTargetFunctionRole(address(staking), _one(staking.hold.selector), 3);
        access.grantRole(1, guardian, 0);
        access.grantRole(2, epochManager, 0);
        access.grantRole(3, address(court), 0);
        (uint32[] memory ids, uint16[] memory bps) = (new uint32[](2), new uint16[](2));
        (ids[0], bps[0], ids[1], bps[1]) = (1, 4_000, 3, 6_000);
        emissions.setWeights(ids, bps);
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        access.grantRole(0, address(timelock), 0);
        access.renounceRole(0, address(this));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
        address[8] memory contracts = [
            address(timelock),
            address(genesis),
            address(escrow),
            address(vault),
            address(operators),
            address(payments),
            address(emissions),
            address(staking)
        ];
        for (uint256 i = 0; i < contracts.length; ++i) _holders.push(contracts[i]);
        _holders.push(address(court));
    }

    function _one(bytes4 selector) internal pure returns (bytes4[] memory list) {
        list = new bytes4[](1);
        list[0] = selector;
    }
}
