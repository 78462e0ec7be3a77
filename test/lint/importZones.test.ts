import { ESLint } from 'eslint'
import { expect } from 'chai'
import path from 'node:path'
import tseslint from 'typescript-eslint'

const ROOT = path.resolve(__dirname, '../..')

// Type-aware rules need files that exist; these are only planted texts.
const eslint = new ESLint({ cwd: ROOT, overrideConfig: [tseslint.configs.disableTypeChecked as never] })

async function reported(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: path.join(ROOT, file) })
  return (result?.messages ?? []).map(message => message.ruleId ?? message.message)
}

const PATHS = 'import-x/no-restricted-paths'
const IMPORTS = 'no-restricted-imports'

const violations: [file: string, imported: string, rule: string][] = [
  ['attribution-oracle/src/domain/planted.ts', '../settlement', PATHS],
  ['attribution-oracle/src/settlement/planted.ts', '../store', PATHS],
  ['attribution-oracle/src/settlement/planted.ts', '../chain', PATHS],
  ['attribution-oracle/src/store/planted.ts', '../chain', PATHS],
  ['attribution-oracle/src/chain/planted.ts', '../store', PATHS],
  ['attribution-oracle/src/content/planted.ts', '../chain', PATHS],
  ['attribution-oracle/src/screening/planted.ts', '../scoring', PATHS],
  ['attribution-oracle/src/scoring/planted.ts', '../screening', PATHS],
  ['attribution-oracle/src/config/planted.ts', '../chain', PATHS],
  ['attribution-oracle/src/pipeline/planted.ts', '../main', PATHS],
  ['attribution-oracle/src/settlement/planted.ts', '../../../typechain-types', PATHS],
  ['attribution-oracle/src/scoring/planted.ts', '@open-datanets/model-factory', PATHS],
  ['attribution-oracle/src/chain/planted.ts', '../../../scripts/deploySystem', PATHS],
  ['onnx-engine/src/graph/planted.ts', '@open-datanets/attribution-oracle', PATHS],
  ['onnx-engine/src/graph/planted.ts', '../../../typechain-types', PATHS],
  ['model-factory/src/planted.ts', '@open-datanets/attribution-oracle', PATHS],
  ['model-factory/src/planted.ts', '@open-datanets/open-lora', PATHS],
  ['open-lora/src/planted.ts', '@open-datanets/attribution-oracle', PATHS],
  ['open-lora/src/planted.ts', '@open-datanets/model-factory', PATHS],
  ['scripts/planted.ts', '@open-datanets/attribution-oracle', PATHS],
  ['scripts/planted.ts', '../tasks', PATHS],
  ['tasks/planted.ts', '@open-datanets/attribution-oracle', PATHS],
  ['tasks/planted.ts', '@open-datanets/onnx-engine', PATHS],
  ['model-factory/src/planted.ts', '../../demo/src/main', PATHS],
  ['open-lora/src/planted.ts', '../../test/lint/importZones.test', PATHS],
  ['attribution-oracle/src/settlement/planted.ts', 'ethers', IMPORTS],
  ['attribution-oracle/src/pipeline/planted.ts', 'kysely', IMPORTS],
  ['attribution-oracle/src/chain/planted.ts', 'hash-wasm', IMPORTS],
  ['attribution-oracle/src/pipeline/planted.ts', '@ipld/car', IMPORTS],
  ['attribution-oracle/src/settlement/planted.ts', '@open-datanets/onnx-engine', IMPORTS],
]

describe('import zones', () => {
  for (const [file, imported, rule] of violations) {
    it(`refuses ${imported} in ${path.dirname(file)}`, async () => {
      expect(
        await reported(file, `import * as planted from '${imported}'\nexport default planted\n`),
      ).to.include(rule)
    })
  }

  it('allows the bridge: the pipeline imports settlement', async () => {
    const code = `import * as settlement from '../settlement'\nexport default settlement\n`
    expect(await reported('attribution-oracle/src/pipeline/planted.ts', code)).to.deep.equal([])
  })

  it('refuses an import cycle', async () => {
    // The planted text stands in for a file that the package's entry imports, and imports the entry.
    const code = `import * as entry from './index'\nexport const planted = entry\n`
    expect(await reported('content-store/src/digest.ts', code)).to.include('import-x/no-cycle')
  })

  it('refuses an untyped error in product code', async () => {
    const code = `export function planted(): never {\n  throw new Error('planted')\n}\n`
    expect(await reported('open-lora/src/planted.ts', code)).to.include('no-restricted-syntax')
  })

  it('refuses the clock and chance in pure stages', async () => {
    const code = `export const planted = [Date.now(), Math.random()]\n`
    expect(await reported('attribution-oracle/src/settlement/planted.ts', code)).to.include.members([
      'no-restricted-globals',
      'no-restricted-properties',
    ])
  })
})
