import { reset } from '@nomicfoundation/hardhat-network-helpers'
import hre from 'hardhat'
import Mocha from 'mocha'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import type { Code } from './compiler'
import { Installation } from './installation'

const TIMEOUT = 60_000
const load = createRequire(__filename)

/** The copy of the project that this process works in: Hardhat loads once, its tests run many times over. */
export class Workshop {
  private readonly built: Installation

  constructor(private readonly folder: string) {
    // Tests that measure gas or size skip as under the coverage: the code is not what is deployed.
    Object.assign(hre, { __SOLIDITY_COVERAGE_RUNNING: true })
    this.built = new Installation(folder)
  }

  /** Puts code in place of what was built; what was built comes back with the next `install`. */
  install(code: readonly Code[]): void {
    this.built.install(code)
  }

  /** The first test that fails on a fresh chain, if any; those of the function named `first` go first. */
  async failure(tests: readonly string[], first: string): Promise<string | undefined> {
    await reset()
    for (const path of Object.keys(load.cache)) {
      if (path.startsWith(this.folder + sep)) delete load.cache[path]
    }
    const mocha = new Mocha({ bail: true, timeout: TIMEOUT, reporter: Mocha.reporters.Base })
    for (const test of tests) {
      const path = join(this.folder, test)
      mocha.suite.emit('pre-require', globalThis, path, mocha)
      load(path)
    }
    putFirst(mocha.suite, first)
    return new Promise(resolve => {
      let failed: string | undefined
      const runner = mocha.run(failures => {
        mocha.dispose()
        resolve(failures === 0 ? undefined : (failed ?? 'a hook'))
      })
      runner.once('fail', (test, error: Error) => {
        failed = `${test.fullTitle()}: ${error.message.slice(0, 200)}`
      })
    })
  }
}

function putFirst({ suites }: Mocha.Suite, title: string): void {
  for (const suite of suites) putFirst(suite, title)
  suites.sort((a, b) => Number(b.title === title) - Number(a.title === title))
}
