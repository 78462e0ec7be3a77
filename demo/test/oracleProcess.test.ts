import { expect } from 'chai'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { DemoError } from '../src/errors'
import { runOracle, writeOracleConfig } from '../src/oracleProcess'
import { Terminal } from '../src/terminal'
import { processesOf } from './processes'

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    value => value,
    (error: unknown) => error,
  )

describe('the oracle as a process of its own', () => {
  let folder: string
  let config: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'open-datanets-'))
    config = await writeOracleConfig({
      folder,
      rpcUrl: 'http://127.0.0.1:9',
      deployment: path.join(folder, 'nowhere.json'),
      contentFolder: path.join(folder, 'content'),
      workers: 1,
      operatorKey: `0x${'11'.repeat(32)}`,
    })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const run = (signal: AbortSignal): Promise<unknown> => {
    const terminal = new Terminal(new PassThrough() as unknown as NodeJS.WriteStream)
    return outcomeOf(
      runOracle(['epoch', 'run', '--epoch', '1'], config, { terminal, who: 'operator', signal }),
    )
  }

  it('has its configuration, with the key, in a file that only its owner reads', async () => {
    expect(JSON.parse(await readFile(config, 'utf8'))).to.include({ workers: 1, storeFolder: 'store' })
    expect((await stat(config)).mode & 0o777).to.equal(0o600)
  })

  it('given a failure: names the command, its exit code and what it complained of, but not the key', async () => {
    const error = await run(new AbortController().signal)
    expect(error).to.be.instanceOf(DemoError)
    const { code, data, message } = error as DemoError<'PROCESS_FAILED'>
    expect(code).to.equal('PROCESS_FAILED')
    expect(data.command).to.equal('attribution-oracle epoch run --epoch 1')
    expect(data.code).to.be.above(0)
    expect(message).to.contain('nowhere.json')
    expect(message).to.not.contain('11'.repeat(32))
  })

  it('given an abort: ends the process', async () => {
    const stop = new AbortController()
    const work = run(stop.signal)
    const oracles = (): unknown[] => processesOf('ppid', process.pid).filter(p => p.command.includes(config))
    expect(oracles().length).to.equal(1)
    stop.abort()
    expect((await work) as Error).to.have.property('name', 'AbortError')
    // one that stays is what mocha's timeout is for
    while (oracles().length > 0) await wait(20)
  })
})
