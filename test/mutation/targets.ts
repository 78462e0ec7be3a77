import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folders whose mutants must die. */
const FOLDERS = ['contracts/libraries', 'contracts/rewards', 'contracts/oracle', 'contracts/token']

/** What holds a source file: the files to compile anew after a change of it, and the tests to run, quickest first. */
export interface Stage {
  compiled: string[]
  tests: string[]
}

const ORACLE = ['FraudProofs', 'SettlementProofs', 'PageDemands'].map(
  name => [`contracts/oracle/${name}.sol`, `test/oracle/${name}.test.ts`] as const,
)
const VAULT = ['contracts/rewards/RewardVault.sol', 'test/rewards/RewardVault.test.ts'] as const
const POSTS = 'test/oracle/AttributionOracle.test.ts'

/** Tests that hold a contract after the one that mirrors it. */
const BESIDE: Record<string, string[]> = {
  'contracts/oracle/AttributionOracle.sol': ORACLE.map(([, test]) => test),
  'contracts/oracle/OperatorSet.sol': [POSTS],
  'contracts/rewards/RewardEscrow.sol': [POSTS, 'test/rewards/EmissionController.test.ts'],
  'contracts/rewards/RewardVault.sol': [POSTS],
  'contracts/token/OpenToken.sol': ['test/registry/ContributorRegistry.test.ts'],
}

/** What is part of other contracts and has no code of its own. */
const PARTS: Record<string, Stage[]> = {
  'contracts/libraries/CumulativeMerkle.sol': [
    {
      compiled: ['contracts/mocks/CumulativeMerkleMock.sol'],
      tests: ['test/libraries/CumulativeMerkle.test.ts'],
    },
    ...[VAULT, ...ORACLE].map(([compiled, test]) => ({ compiled: [compiled], tests: [test] })),
  ],
  'contracts/oracle/PostedTrees.sol': ORACLE.map(([compiled, test]) => ({
    compiled: [compiled],
    tests: [test],
  })),
}

/** Every source file that is mutated. */
export function targets(root: string): string[] {
  return FOLDERS.filter(folder => existsSync(join(root, folder))).flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.sol'))
      .sort()
      .map(name => `${folder}/${name}`),
  )
}

/** What must notice a change of the file, in the order in which it is asked. */
export function stagesOf(file: string): Stage[] {
  const mirror = file.replace(/^contracts\//, 'test/').replace(/\.sol$/, '.test.ts')
  return PARTS[file] ?? [mirror, ...(BESIDE[file] ?? [])].map(test => ({ compiled: [file], tests: [test] }))
}
