import '@nomicfoundation/hardhat-toolbox'
import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } from 'hardhat/builtin-tasks/task-names'
import { subtask, type HardhatUserConfig } from 'hardhat/config'
import './tasks'

const SOLC = { version: '0.8.30', longVersion: '0.8.30+commit.73712a01.Emscripten.clang' }

// The compiler comes from npm, pinned like every other dependency: nothing is downloaded at compile time.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: require.resolve('solc/soljson.js'),
  isSolcJs: true,
  ...SOLC,
}))

const SETTINGS = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none' },
}

// The Yul pipeline where a bar needs it: the governor is OpenZeppelin's with all its parts and passes 18,000 bytes
// otherwise; the others are on the path of every claim and every root.
const VIA_IR = [
  'contracts/governance/OpenGovernor.sol',
  'contracts/oracle/AttributionOracle.sol',
  'contracts/oracle/OperatorSet.sol',
  'contracts/rewards/RewardEscrow.sol',
  'contracts/rewards/RewardVault.sol',
]

const key = process.env['DEPLOYER_PRIVATE_KEY']

const config: HardhatUserConfig = {
  solidity: {
    compilers: [{ version: SOLC.version, settings: SETTINGS }],
    overrides: Object.fromEntries(
      VIA_IR.map(file => [file, { version: SOLC.version, settings: { ...SETTINGS, viaIR: true } }]),
    ),
  },
  networks: {
    hardhat: { hardfork: 'cancun', chainId: 31337 },
    demo: { url: process.env['DEMO_RPC_URL'] ?? 'http://127.0.0.1:8545' },
    localhost: {
      url: process.env['LOCALHOST_RPC_URL'] ?? 'http://127.0.0.1:8545',
      ...(key ? { accounts: [key] } : {}),
    },
  },
  typechain: { outDir: 'typechain-types', target: 'ethers-v6' },
  gasReporter: { enabled: process.env['REPORT_GAS'] === 'true', offline: true },
  mocha: { forbidOnly: true, timeout: 120_000, require: ['./test/propertySeed.ts'] },
}

export default config
