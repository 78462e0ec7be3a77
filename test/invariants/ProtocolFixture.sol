// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IDatanetRegistry} from "../../contracts/interfaces/IDatanetRegistry.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {AttributionOracle} from "../../contracts/oracle/AttributionOracle.sol";
import {FraudProofs} from "../../contracts/oracle/FraudProofs.sol";
import {OperatorSet} from "../../contracts/oracle/OperatorSet.sol";
import {InferencePayments} from "../../contracts/payments/InferencePayments.sol";
import {DatanetRegistry} from "../../contracts/registry/DatanetRegistry.sol";
import {ModelRegistry} from "../../contracts/registry/ModelRegistry.sol";
import {EmissionController} from "../../contracts/rewards/EmissionController.sol";
import {RewardEscrow} from "../../contracts/rewards/RewardEscrow.sol";
import {RewardVault} from "../../contracts/rewards/RewardVault.sol";
import {OpenToken} from "../../contracts/token/OpenToken.sol";

/// @notice The real system, wired as scripts/deploySystem.ts does, with one datanet, one model, an operator and a payer.
abstract contract ProtocolFixture {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint64 internal constant WINDOW = 1 hours;
    uint64 internal constant EMISSION_EPOCH = 1 days;
    uint128 internal constant BOND = 1_000e18;
    uint128 internal constant EMISSION = 10_000e18;
    bytes32 internal constant CONFIG = keccak256("epoch configuration");
    uint32 internal constant DATANET = 1;
    uint32 internal constant MODEL = 1;

    address internal immutable operator = vm.addr(0x0B0B);
    address internal immutable challenger = vm.addr(0xC4A1);
    address internal immutable payer = vm.addr(PAYER_KEY);

    OpenToken public immutable token;
    DatanetRegistry public immutable registry;
    ModelRegistry public immutable models;
    RewardEscrow public immutable escrow;
    OperatorSet public immutable operators;
    RewardVault public immutable vault;
    AttributionOracle public immutable oracle;
    FraudProofs public immutable fraudProofs;
    EmissionController public immutable emissions;
    InferencePayments public immutable payments;

    constructor() {
        token = new OpenToken(address(this), address(this));
        registry = new DatanetRegistry();
        models = new ModelRegistry(registry);
        escrow = new RewardEscrow(token, address(this));
        operators = new OperatorSet(token, address(this), BOND, WINDOW);
        vault = new RewardVault(token, address(this), 1);
        oracle = new AttributionOracle(operators, escrow, vault, registry, address(this), WINDOW);
        fraudProofs = new FraudProofs(oracle, registry);
        emissions = new EmissionController(
            token,
            escrow,
            address(this),
            EMISSION,
            EMISSION_EPOCH,
            uint64(block.timestamp)
        );
        payments = new InferencePayments(token, models, escrow, address(this), address(this), 500, 500, 3000);

        token.setDistributor(address(vault), true);
        escrow.setOracle(address(oracle), address(vault));
        operators.setOracle(address(oracle));
        oracle.setFraudProofs(address(fraudProofs));
        vault.setOracle(address(oracle));

        registry.createDatanet("Solidity code", 0, IDatanetRegistry.Policy.Open);
        models.registerModel(IModelRegistry.ModelParams("base", 0, DATANET, CONFIG, CONFIG, 1));
        operators.setOperator(operator, true);
        _setWeights();
        token.transfer(address(emissions), 1_000 * EMISSION);
        token.transfer(operator, 10_000 * BOND);
        token.transfer(payer, 1_000_000e18);
        token.approve(address(escrow), type(uint256).max);
        vm.prank(operator);
        token.approve(address(operators), type(uint256).max);
        vm.prank(payer);
        token.approve(address(payments), type(uint256).max);
    }

    function _setWeights() private {
        uint32[] memory datanets = new uint32[](1);
        uint16[] memory bps = new uint16[](1);
        (datanets[0], bps[0]) = (DATANET, 10_000);
        emissions.setWeights(datanets, bps);
    }
}
