#!/usr/bin/env node
const { execFileSync } = require('node:child_process')
const { existsSync } = require('node:fs')
const path = require('node:path')

// The contracts' typed factories are generated; a fresh clone makes them on the first command.
const root = path.join(__dirname, '..')
if (!existsSync(path.join(root, 'typechain-types/index.ts'))) {
  process.stderr.write('compiling the contracts, once\n')
  const hardhat = require.resolve('hardhat/internal/cli/bootstrap')
  execFileSync(process.execPath, [hardhat, 'compile', '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
require('tsx/cjs')
require('./src/main.ts')
