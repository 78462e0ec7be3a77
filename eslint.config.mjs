import prettier from 'eslint-config-prettier'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

const ORACLE = './attribution-oracle/src'

// A folder of the oracle -> what it may import besides itself. Islands see the domain and nothing else;
// the pipeline is the one bridge between them, and main alone builds adapters.
const oracle = {
  domain: ['errors.ts'],
  chain: ['domain', 'errors.ts'],
  store: ['domain', 'errors.ts'],
  content: ['domain', 'errors.ts'],
  screening: ['domain', 'errors.ts'],
  scoring: ['domain', 'errors.ts'],
  settlement: ['domain', 'errors.ts'],
  config: ['domain', 'errors.ts'],
  pipeline: ['domain', 'errors.ts', 'chain', 'store', 'content', 'screening', 'scoring', 'settlement'],
}

const islands = Object.entries(oracle).map(([folder, allowed]) => ({
  target: `${ORACLE}/${folder}`,
  from: ORACLE,
  except: [`./${folder}`, ...allowed.map(name => `./${name}`)],
  message: `${folder} may import only ${['itself', ...allowed].join(', ')}`,
}))

// A room of the repository -> the rooms that it must never import.
const forbidden = {
  'onnx-engine': ['attribution-oracle', 'model-factory', 'open-lora', 'scripts', 'tasks', 'typechain-types'],
  'attribution-oracle/src': ['model-factory', 'open-lora', 'scripts', 'tasks'],
  'model-factory/src': ['attribution-oracle', 'open-lora', 'scripts', 'tasks'],
  'open-lora/src': ['attribution-oracle', 'model-factory', 'scripts', 'tasks'],
  scripts: ['attribution-oracle', 'model-factory', 'open-lora', 'onnx-engine', 'tasks'],
  tasks: ['attribution-oracle', 'model-factory', 'open-lora', 'onnx-engine'],
}

const rooms = Object.entries(forbidden).flatMap(([target, froms]) =>
  [...froms, 'test', 'demo', 'bench'].map(from => ({
    target: `./${target}`,
    from: `./${from}`,
    message: `${target} never imports ${from}`,
  })),
)

// Only some folders know the chain's typed contracts: the oracle's other islands see domain types.
const contractsOnlyIn = ['domain', 'store', 'content', 'screening', 'scoring', 'settlement', 'pipeline'].map(
  folder => ({
    target: `${ORACLE}/${folder}`,
    from: './typechain-types',
    message: `${folder} never imports typechain-types: chain does`,
  }),
)

// A package -> the only files of the oracle that may import it.
const owners = {
  ethers: 'chain/**',
  kysely: 'store/**',
  '@electric-sql/pglite': 'store/**',
  '@ipld/car': 'content/**',
  '@ipld/dag-cbor': 'content/**',
  multiformats: 'content/**',
  'hash-wasm': 'settlement/**',
  '@openzeppelin/merkle-tree': 'chain/**',
  '@open-datanets/onnx-engine': 'scoring/**',
  pino: 'main.ts',
  commander: 'main.ts',
}
const packages = Object.keys(owners)
const only = names => ['error', { paths: names, patterns: names.map(name => `${name}/*`) }]

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      'artifacts/**',
      'cache/**',
      'cache_forge/**',
      'out/**',
      'coverage/**',
      'typechain-types/**',
      'demo/out/**',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      // Without these two settings no-cycle reports nothing on TypeScript and says nothing.
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: [...islands, ...rooms, ...contractsOnlyIn] }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'smart'],
    },
  },
  {
    files: [
      '{content-store,onnx-engine,attribution-oracle,model-factory,open-lora}/src/**/*.ts',
      'scripts/**/*.ts',
      'tasks/**/*.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: 'Throw a typed error of the package.',
        },
      ],
    },
  },
  {
    files: ['{content-store,onnx-engine,attribution-oracle,model-factory,open-lora}/src/**/*.ts'],
    ignores: ['**/main.ts'],
    rules: { 'no-console': 'error' },
  },
  { files: ['attribution-oracle/src/**/*.ts'], rules: { 'no-restricted-imports': only(packages) } },
  ...[...new Set(Object.values(owners))].map(where => ({
    files: [`attribution-oracle/src/${where}`],
    rules: { 'no-restricted-imports': only(packages.filter(name => owners[name] !== where)) },
  })),
  {
    files: [
      'attribution-oracle/src/{domain,settlement,screening}/**/*.ts',
      'onnx-engine/src/{model,graph,features,causalLm,random,tokenizer,safetensors}/**/*.ts',
    ],
    rules: {
      'no-restricted-globals': ['error', 'process', 'fetch', 'Date', 'performance'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
  prettier,
)
