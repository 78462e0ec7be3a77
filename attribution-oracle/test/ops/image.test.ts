import { expect } from 'chai'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run } from '../scene/program'
import { argumentsOf, copiesOf, healthCommand, stagesOf, type Stage } from './dockerfile'
import { opsFile, REPOSITORY } from './ops'

interface Lock {
  packages: Record<string, { dev?: boolean; link?: boolean; dependencies?: Record<string, string> }>
}

const lock = async (): Promise<Lock['packages']> =>
  (JSON.parse(await readFile(join(REPOSITORY, 'package-lock.json'), 'utf8')) as Lock).packages

describe('the Dockerfile', () => {
  let stages: Stage[]
  let installed: Stage
  let last: Stage
  before(async () => {
    stages = await stagesOf()
    installed = stages.find(({ alias }) => alias === 'installed')!
    last = stages.at(-1)!
  })

  it('has several stages on one pinned image, and builds nothing in the last', async () => {
    expect(stages.length).to.equal(3)
    for (const { base } of stages) expect(base).to.equal('${NODE_IMAGE}')
    expect(await opsFile('Dockerfile')).to.match(/^ARG NODE_IMAGE=node:(22|24)-\w+-slim$/m)
    for (const command of argumentsOf(last, 'RUN')) expect(command).to.not.match(/npm|apt|curl|wget/)
    expect(stages.flatMap(stage => argumentsOf(stage, 'ADD'))).to.deep.equal([])
  })

  it('runs as nobody in particular, who owns none of the code', () => {
    const users = argumentsOf(last, 'USER')
    expect(users).to.deep.equal(['10001:10001'])
    const order = last.instructions.map(({ name }) => name)
    expect(order.lastIndexOf('COPY')).to.be.below(order.indexOf('USER'))
    expect(argumentsOf(last, 'COPY').join()).to.not.include('--chown')
    expect(argumentsOf(last, 'ENTRYPOINT')[0]).to.match(/^\["node"/)
  })

  it('holds no secret', async () => {
    const texts = stages.flatMap(stage => [...argumentsOf(stage, 'ENV'), ...argumentsOf(stage, 'ARG')])
    for (const text of texts)
      expect(text).to.not.match(/(KEY|PASSWORD|SECRET|TOKEN|RPC_URLS?|DATABASE_URL)\w*=/)
    const ignored = (await opsFile('Dockerfile.dockerignore')).split('\n')
    expect(ignored).to.include.members(['.git', '**/node_modules', '**/secrets', '**/.env*', '**/*.key'])
  })

  it('copies what exists', async () => {
    const generated = ['/build/node_modules', '/build/typechain-types']
    const packages = Object.keys(await lock())
    for (const { sources } of copiesOf(last))
      for (const source of sources.filter(each => each.endsWith('/node_modules')))
        expect(
          packages.some(name => `/build/${name}`.startsWith(`${source}/`)),
          source,
        ).to.equal(true)
    for (const { from, sources } of stages.flatMap(copiesOf)) {
      for (const source of sources) {
        const made = generated.some(each => source.startsWith(each)) || source.endsWith('/node_modules')
        if (from === undefined || made) continue
        const path = join(REPOSITORY, source.replace('/build/', ''))
        expect(existsSync(path), path).to.equal(true)
      }
    }
  })

  it('installs no tool of development but the loader, with all that the loader needs', async () => {
    const packages = await lock()
    expect(argumentsOf(installed, 'RUN').join()).to.include('--omit=dev')
    const copied = copiesOf(installed).flatMap(({ sources }) =>
      sources.flatMap(source =>
        source.includes('/node_modules/') ? [source.split('/node_modules/')[1]!] : [],
      ),
    )
    const needed = new Set<string>()
    const need = (name: string): void => {
      if (needed.has(name)) return
      needed.add(name)
      for (const each of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) need(each)
    }
    need('tsx')
    expect(copied.filter(name => name !== '@esbuild').sort()).to.deep.equal([...needed].sort())
  })

  it('knows by /health alone whether the process lives', async () => {
    const [node, ...args] = healthCommand(last)
    expect(node).to.equal('node')
    let status = 200
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.url)
      response.writeHead(status).end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ask = async (): Promise<number> =>
      (await run('/usr/bin/env', [`ORACLE_HTTP_PORT=${port}`, process.execPath, ...args])).code
    expect(await ask()).to.equal(0)
    status = 503
    expect(await ask()).to.equal(1)
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    expect(await ask()).to.equal(1)
    expect(asked).to.deep.equal(['/health', '/health'])
  })

  it('holds all files that the oracle starts with', async function () {
    this.timeout(120_000)
    const root = await mkdtemp(join(tmpdir(), 'oracle-image-'))
    try {
      for (const { from, sources, target } of copiesOf(last)) {
        for (const source of sources.filter(each => from !== undefined && !each.endsWith('/node_modules'))) {
          const path = source.replace('/build/', '')
          const to = target.endsWith('/') ? join(root, target, basename(path)) : join(root, target)
          await cp(join(REPOSITORY, path), to, { recursive: true })
        }
      }
      await linkPackages(root, installed, last)
      const bin = join(root, 'attribution-oracle/bin.cjs')
      const help = await run(process.execPath, [bin, '--help'], undefined, root)
      expect(help.code, help.output).to.equal(0)
      expect(help.output).to.include('attribution-oracle')
      const schema = await run(process.execPath, [bin, 'score', '--schema'], undefined, root)
      expect(schema.code, schema.output).to.equal(0)
      expect(JSON.parse(schema.output)).to.be.an('object')
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
})

/** What npm ci --omit=dev and the copies of the installing stage leave in node_modules. */
async function linkPackages(root: string, installed: Stage, last: Stage): Promise<void> {
  const link = async (name: string, to: string): Promise<void> => {
    const path = join(root, name)
    await mkdir(dirname(path), { recursive: true })
    if (existsSync(to) && !existsSync(path)) await symlink(to, path)
  }
  const command = argumentsOf(installed, 'RUN').join(' ')
  const removed = command.split('rm -rf ')[1]!.split(' ')
  const copied = copiesOf(last).flatMap(({ sources }) => sources)
  for (const [name, { dev, link: workspace }] of Object.entries(await lock())) {
    const folder = /^(.*node_modules)\/(@[^/]+\/)?[^/]+$/.exec(name)?.[1]
    const own = copied.includes(`/build/${folder}`) && !name.includes('@open-datanets')
    const gone = removed.some(each => name === each || name.startsWith(`${each}/`))
    if (own && !dev && !workspace && !gone) await link(name, join(REPOSITORY, name))
  }
  for (const { sources } of copiesOf(installed)) {
    for (const source of sources.filter(each => each.includes('/node_modules/'))) {
      const name = source.replace('/build/', '')
      await link(name, join(REPOSITORY, name))
    }
  }
  for (const [, name] of command.matchAll(/--workspace @open-datanets\/([\w-]+)/g))
    await link(`node_modules/@open-datanets/${name}`, join(root, name!))
}
