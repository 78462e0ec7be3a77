import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMetrics } from '../../src/metrics'
import { EVERY_EVENT } from '../metrics/everyEvent'
import { reservedPort } from '../scene/port'
import { needs } from '../scene/program'
import { alertRules, dashboard, OPS, queriesOf } from './ops'

interface Answer<T> {
  status: string
  data: T
}

describe('a real Prometheus on the shipped configuration', function () {
  this.timeout(120_000)
  let folder: string
  let service: Server
  let prometheus: ChildProcess | undefined
  let url: string
  let log = ''

  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`)
    return ((await response.json()) as Answer<T>).data
  }
  /** Waits for something that a scrape or an evaluation brings, at most a minute. */
  const until = async <T>(get: () => Promise<T | undefined>): Promise<T> => {
    for (let tries = 0; tries < 240; tries++) {
      const found = await get().catch(() => undefined)
      if (found !== undefined) return found
      await sleep(250)
    }
    return expect.fail(log.slice(-2000))
  }

  before(async function () {
    const program = needs(this, 'prometheus')
    const metrics = createMetrics({ version: '1.2.3', configHash: 'c0ffee' })
    Object.values(EVERY_EVENT).forEach(metrics.observe)
    metrics.observe({ kind: 'peer', peer: 'b.example', epoch: 3, state: 'differs' })
    service = createServer((request, response) => {
      void metrics.text().then(text => response.setHeader('content-type', metrics.contentType).end(text))
      request.resume()
    })
    const port = await listen(service)
    folder = await mkdtemp(join(tmpdir(), 'oracle-prometheus-'))
    await cp(join(OPS, 'prometheus'), folder, { recursive: true })
    await writeFile(join(folder, 'targets/oracle.json'), JSON.stringify([{ targets: [`127.0.0.1:${port}`] }]))
    const own = await reservedPort()
    url = `http://127.0.0.1:${own}`
    prometheus = spawn(program, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ])
    prometheus.stderr!.on('data', (text: Buffer) => (log += text.toString()))
    await until(async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined))
  })
  after(async () => {
    if (prometheus && prometheus.exitCode === null) {
      prometheus.kill('SIGTERM')
      await once(prometheus, 'exit')
    }
    service?.close()
    service?.closeAllConnections()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  it('scrapes a real endpoint, loads every rule, and raises what should be raised', async () => {
    const query = (expr: string): Promise<{ result: { value: [number, string] }[] }> =>
      ask(`query?query=${encodeURIComponent(expr)}`)
    const leaves = await until(async () => (await query('oracle_leaves')).result[0]?.value[1])
    expect(leaves).to.equal('1000')
    const { activeTargets } = await ask<{
      activeTargets: { scrapePool: string; health: string; lastError: string }[]
    }>('targets')
    const target = activeTargets.find(({ scrapePool }) => scrapePool === 'attribution-oracle')
    expect([target?.health, target?.lastError]).to.deep.equal(['up', ''])

    const expected = (await alertRules()).map(({ alert }) => alert).sort()
    const rules = await until(async () => {
      const { groups } = await ask<{
        groups: { rules: { name: string; health: string; lastError?: string; state: string }[] }[]
      }>('rules')
      const loaded = groups.flatMap(group => group.rules)
      const raised = loaded.find(({ name }) => name === 'PeerDiffers')?.state
      const evaluated = loaded.every(({ health }) => health !== 'unknown')
      return evaluated && raised !== 'inactive' ? loaded : undefined
    })
    expect(rules.map(({ name }) => name).sort()).to.deep.equal(expected)
    for (const { name, health, lastError } of rules)
      expect([name, health, lastError]).to.deep.equal([name, 'ok', undefined])
    expect(rules.find(({ name }) => name === 'RootMismatch')?.state).to.equal('inactive')
    expect(rules.find(({ name }) => name === 'PeerDiffers')?.state).to.be.oneOf(['pending', 'firing'])
  })

  it('answers every query of the dashboard', async () => {
    for (const expr of queriesOf(await dashboard())) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)
      const answer = (await response.json()) as Answer<unknown> & { error?: string }
      expect([expr, answer.status, answer.error]).to.deep.equal([expr, 'success', undefined])
    }
  })
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
