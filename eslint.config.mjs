import prettier from 'eslint-config-prettier'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import { builtinModules } from 'node:module'
import tseslint from 'typescript-eslint'
import { oracle, owners, pure, zones } from './eslint.zones.mjs'

// What pure folders may take of Node: hashes, and the check for UTF-8. Everything else reaches outside.
const NODE_MODULES = builtinModules.filter(name => !['crypto', 'buffer'].includes(name))
const NODE_OUTSIDE = {
  paths: [
    ...NODE_MODULES.map(name => ({ name, message: 'A pure folder reaches nothing outside.' })),
    ...['crypto', 'node:crypto'].map(name => ({
      name,
      allowImportNames: ['createHash'],
      message: 'A pure folder draws from a seed.',
    })),
  ],
  patterns: [{ regex: '^node:(?!(crypto|buffer)$)', message: 'A pure folder reaches nothing outside.' }],
}

// One entry names every import that a place must not have: a later entry for the same file would replace the rule.
function imports(files, packages, { paths, patterns } = { paths: [], patterns: [] }) {
  const message = name => `Only ${owners[name].join(', ')} may import it.`
  const owned = packages.map(name => ({ name, message: message(name) }))
  const parts = packages.map(name => ({ group: [`${name}/*`], message: message(name) }))
  const options = { paths: [...owned, ...paths], patterns: [...parts, ...patterns] }
  return { files, rules: { 'no-restricted-imports': ['error', options] } }
}

const packages = Object.keys(owners)
const ORACLE = 'attribution-oracle/src'
const oraclePlaces = [...Object.keys(oracle), 'main.ts', 'cli'].map(place =>
  imports(
    [`${ORACLE}/${place}`, `${ORACLE}/${place}/**/*.ts`],
    packages.filter(name => !owners[name].includes(place)),
    pure.includes(`${ORACLE}/${place}`) ? NODE_OUTSIDE : undefined,
  ),
)
const purePackages = pure.filter(folder => !folder.startsWith(ORACLE)).map(folder => `${folder}/**/*.ts`)

const UNTYPED_ERROR = {
  selector: "ThrowStatement > NewExpression[callee.name='Error']",
  message: 'Throw a typed error of the package.',
}
const LATE_IMPORT = {
  selector: 'ImportExpression',
  message: 'A pure folder imports at the top of its files.',
}

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
      'import-x/no-restricted-paths': ['error', { zones }],
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
      '{content-store,embedded-chain,onnx-engine,attribution-oracle,model-factory,open-lora}/src/**/*.ts',
      'scripts/**/*.ts',
      'tasks/**/*.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', UNTYPED_ERROR] },
  },
  {
    files: [
      '{content-store,embedded-chain,onnx-engine,attribution-oracle,model-factory,open-lora}/src/**/*.ts',
    ],
    ignores: ['**/main.ts'],
    rules: { 'no-console': 'error' },
  },
  imports([`${ORACLE}/**/*.ts`], packages),
  ...oraclePlaces,
  imports(purePackages, [], NODE_OUTSIDE),
  {
    files: pure.map(folder => `${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'globalThis', 'require', 'fetch', 'Date', 'performance', 'crypto'],
        ...['setTimeout', 'setInterval', 'setImmediate'],
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
      'no-restricted-syntax': ['error', UNTYPED_ERROR, LATE_IMPORT],
    },
  },
  prettier,
)
