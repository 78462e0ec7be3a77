import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(__dirname, '..', '..')

/** The folders whose mutants must die. */
export const TARGETS = ['contracts/libraries/', 'contracts/rewards/', 'contracts/oracle/', 'contracts/token/']

const ORACLE = ['test/oracle/AttributionOracle.test.ts', 'test/oracle/FraudProofs.test.ts']

/** Tests that hold a contract beside the one that mirrors it, the quickest first. */
const BESIDE: Record<string, string[]> = {
  'contracts/libraries/CumulativeMerkle.sol': ['test/rewards/RewardVault.test.ts', ...ORACLE],
}

/** The tests that must notice a change of the file. */
export function testsOf(file: string): string[] {
  const mirror = file.replace(/^contracts\//, 'test/').replace(/\.sol$/, '.test.ts')
  return [mirror, ...(BESIDE[file] ?? [])].filter(test => existsSync(join(ROOT, test)))
}
