import { ESLint } from 'eslint'
import { expect } from 'chai'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import tseslint from 'typescript-eslint'
import { type Zone, oracle, owners, pure, zones } from '../../eslint.zones.mjs'

const ROOT = path.resolve(__dirname, '../..')
const ORACLE = 'attribution-oracle/src'

// Type-aware rules need files that exist; these are only planted texts.
const eslint = new ESLint({ cwd: ROOT, overrideConfig: [tseslint.configs.disableTypeChecked as never] })

const PATHS = 'import-x/no-restricted-paths'
const IMPORTS = 'no-restricted-imports'

interface Reported {
  line: number
  rule: string
  message: string
}

async function lint(file: string, code: string): Promise<Reported[]> {
  const [result] = await eslint.lintText(code, { filePath: path.join(ROOT, file) })
  return (result?.messages ?? []).map(({ line, ruleId, message }) => {
    return { line, rule: ruleId ?? 'parser', message }
  })
}

/** Plants one import a line; per import what its line is reported for by the rule. */
async function reportsOf(file: string, imported: readonly string[], rule: string): Promise<string[]> {
  const lines = imported.map((source, index) => `import * as planted${index} from '${source}'`)
  const uses = `export default [${imported.map((_, index) => `planted${index}`).join(', ')}]`
  const reported = (await lint(file, [...lines, uses, ''].join('\n'))).filter(report => report.rule === rule)
  return imported.map((_, index) =>
    reported
      .filter(({ line }) => line === index + 1)
      .map(({ message }) => message)
      .join('\n'),
  )
}

/** A source file of the folder, of its nearest subfolders first; the path itself when it is a file. */
function fileIn(from: string): string | undefined {
  const absolute = path.join(ROOT, from)
  if (statSync(absolute).isFile()) return from
  const entries = readdirSync(absolute, { withFileTypes: true }).filter(({ name }) => name !== 'node_modules')
  const file = entries.find(entry => entry.isFile() && entry.name.endsWith('.ts'))
  if (file !== undefined) return path.join(from, file.name)
  const folders = entries.filter(entry => entry.isDirectory())
  for (const { name } of folders) {
    const found = fileIn(path.join(from, name))
    if (found !== undefined) return found
  }
  return undefined
}

/** How a file of the target folder imports the file. */
function relativeImport(target: string, file: string): string {
  const relative = path.relative(target, file).replace(/\.ts$/, '')
  return relative.startsWith('.') ? relative : `./${relative}`
}

/** What a zone forbids, one by one: with exceptions these are the other entries of the folder. */
function forbiddenBy({ from, except }: Zone): string[] {
  if (except === undefined) return [from]
  const allowed = except.map(name => path.normalize(name))
  return readdirSync(path.join(ROOT, from))
    .filter(name => !allowed.includes(name))
    .map(name => path.join(from, name))
}

const targets = [...new Set(zones.map(({ target }) => target))]

describe('import zones', () => {
  for (const target of targets) {
    it(`holds every zone of ${target}`, async () => {
      expect(existsSync(path.join(ROOT, target)), `${target} exists`).to.equal(true)
      const pairs = zones
        .filter(zone => zone.target === target)
        .flatMap(zone => forbiddenBy(zone).map(from => ({ from, message: zone.message, file: fileIn(from) })))
      expect(pairs.filter(({ file }) => file === undefined)).to.deep.equal([])
      const sources = pairs.map(({ file }) => relativeImport(target, file as string))
      const reports = await reportsOf(path.join(target, 'planted.ts'), sources, PATHS)
      const unheld = pairs.filter(({ message }, index) => !reports[index]?.includes(message))
      expect(unheld).to.deep.equal([])
    })
  }

  it('knows every folder of the oracle', () => {
    const folders = readdirSync(path.join(ROOT, ORACLE), { withFileTypes: true })
    // cli/ is of the composition root, like the files beside these folders
    expect(folders.filter(entry => entry.isDirectory()).map(({ name }) => name)).to.have.members([
      ...Object.keys(oracle),
      'cli',
    ])
  })

  it('keeps the composition root out of everything below it', () => {
    const root = ['compose.ts', 'main.ts', 'printer.ts', 'exitCode.ts', 'cli'].map(name =>
      path.join(ORACLE, name),
    )
    for (const folder of Object.keys(oracle)) {
      const own = zones.filter(({ target }) => target === `./${ORACLE}/${folder}`)
      expect(own.flatMap(forbiddenBy), folder).to.include.members(root)
    }
  })

  it('refuses a room by its package name too', async () => {
    const rooms = ['onnx-engine', 'attribution-oracle', 'model-factory', 'open-lora']
    for (const room of rooms) {
      const own = zones.filter(({ target }) => [`./${room}`, `./${room}/src`].includes(target))
      const others = rooms.filter(other => own.some(({ from }) => from === `./${other}`))
      const sources = others.map(other => `@open-datanets/${other}`)
      expect(await reportsOf(`${room}/src/planted.ts`, sources, PATHS), room).to.not.include('')
      expect(sources, room).to.not.be.empty
    }
  })

  it('allows the bridge: the pipeline imports settlement', async () => {
    const code = `import * as settlement from '../settlement'\nexport default settlement\n`
    expect(await lint(`${ORACLE}/pipeline/planted.ts`, code)).to.deep.equal([])
  })

  it('refuses an import cycle', async () => {
    // The planted text stands in for a file that the package's entry imports, and imports the entry.
    const code = `import * as entry from './index'\nexport const planted = entry\n`
    const rules = (await lint('content-store/src/digest.ts', code)).map(({ rule }) => rule)
    expect(rules).to.include('import-x/no-cycle')
  })
})

describe('packages with an owner', () => {
  for (const place of Object.keys(oracle)) {
    it(`are refused in ${place}, its own excepted`, async () => {
      const names = Object.keys(owners).flatMap(name => [name, `${name}/part`])
      const reports = await reportsOf(`${ORACLE}/${place}/planted.ts`, names, IMPORTS)
      const allowed = names.filter((_, index) => reports[index] === '')
      expect(allowed).to.have.members(
        names.filter(name => owners[name.replace(/\/part$/, '')]!.includes(place)),
      )
    })
  }

  it('are refused in the composition root, the command line parser in main excepted', async () => {
    const names = Object.keys(owners)
    expect(await reportsOf(`${ORACLE}/compose.ts`, names, IMPORTS)).to.not.include('')
    const reports = await reportsOf(`${ORACLE}/main.ts`, names, IMPORTS)
    expect(names.filter((_, index) => reports[index] === '')).to.deep.equal(['commander'])
  })
})

describe('pure folders', () => {
  const outside = [
    ...['node:fs', 'fs', 'node:fs/promises', 'node:net', 'node:http', 'node:https', 'node:child_process'],
    ...['node:worker_threads', 'node:perf_hooks', 'node:process', 'node:os', 'timers', 'node:test'],
  ]

  for (const folder of pure) {
    describe(folder, () => {
      const planted = `${folder}/planted.ts`

      it('reach nothing outside', async () => {
        expect(await reportsOf(planted, outside, IMPORTS)).to.not.include('')
      })

      it('may hash, and draw no random bytes', async () => {
        const hash = `import { createHash } from 'node:crypto'\nexport const planted = createHash\n`
        expect(await lint(planted, hash)).to.deep.equal([])
        const draw = `import { randomBytes } from 'node:crypto'\nexport const planted = randomBytes\n`
        expect((await lint(planted, draw)).map(({ rule }) => rule)).to.deep.equal([IMPORTS])
      })

      it('know no clock, environment or chance', async () => {
        const forbidden = [
          ...['Date.now()', 'performance.now()', 'process.env', 'globalThis.fetch', 'crypto.randomUUID()'],
          ...['Math.random()', "require('fs')", "import('node:fs')", 'setTimeout(() => 1)'],
        ]
        const code = `export const planted = [\n${forbidden.map(use => `${use},\n`).join('')}]\n`
        const lines = new Set((await lint(planted, code)).map(({ line }) => line))
        expect(forbidden.filter((_, index) => !lines.has(index + 2))).to.deep.equal([])
      })
    })
  }
})

describe('product code', () => {
  for (const file of ['open-lora/src/planted.ts', `${ORACLE}/scoring/planted.ts`, 'scripts/planted.ts']) {
    it(`throws typed errors only, as in ${path.dirname(file)}`, async () => {
      const code = `export function planted(): never {\n  throw new Error('planted')\n}\n`
      expect((await lint(file, code)).map(({ rule }) => rule)).to.include('no-restricted-syntax')
    })
  }
})
