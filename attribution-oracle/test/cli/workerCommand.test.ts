import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT } from '../../src/exitCode'
import { natsInstalled, startNatsServer, type NatsServer } from '../scene/natsServer'
import { run, start, type Running } from './process'

describe('attribution-oracle worker', () => {
  let cwd: string
  let nats: NatsServer | undefined
  let worker: Running | undefined
  before(async function () {
    if (!natsInstalled()) return this.skip()
    cwd = await mkdtemp(join(tmpdir(), 'oracle-worker-'))
    nats = await startNatsServer()
  })
  after(async () => {
    worker?.kill('SIGKILL')
    await nats?.stop()
    if (cwd) await rm(cwd, { recursive: true, force: true })
  })

  const settings = (port: number): Record<string, string> => ({
    ORACLE_NATS_URL: nats!.url,
    ORACLE_CONTENT_FOLDER: 'content',
    ORACLE_WORKER_HTTP_PORT: String(port),
    ORACLE_LOG_FORMAT: 'json',
  })

  it('serves its metrics and its health, nothing else, and ends in order', async () => {
    worker = start(['worker', '--name', 'w1'], { cwd, env: settings(0) })
    await worker.printed('metrics at ')
    await worker.printed('is connected')
    const api = /metrics at (http:\/\/[\d.:]+)/.exec(worker.said())![1]!
    expect(await (await fetch(`${api}/health`)).json()).to.deep.equal({ status: 'ok' })
    const metrics = await (await fetch(`${api}/metrics`)).text()
    expect(metrics)
      .to.contain('oracle_build_info')
      .and.to.match(/oracle_queue_up\{.*\} 1/)
    expect((await fetch(`${api}/status`)).status).to.equal(404)
    worker.kill('SIGTERM')
    const { code, err } = await worker.ended
    expect(code, err).to.equal(EXIT.done)
  })

  it('given a port that is taken: names the setting', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, err } = await run(['worker'], { cwd, env: settings(port) })
    other.close()
    expect([code, err.includes('workerHttpPort')], err).to.deep.equal([EXIT.caller, true])
  })
})
