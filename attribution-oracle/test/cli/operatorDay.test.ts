import { expect } from 'chai'
import { Wallet } from 'ethers'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignerServer } from '../keys/signerServer'
import { Datanet, WINDOW } from '../scene/datanet'
import { SOURCES } from '../scene/sources'
import { run } from './process'

interface Check {
  name: string
  status: string
  says: string
  fix?: string
}

const record = (datanet: Datanet): string =>
  JSON.stringify(datanet.system.record, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )

describe('an operator at the command line', () => {
  let datanet: Datanet
  let cwd: string
  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(3, [SOURCES.counter, SOURCES.purse])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    cwd = await mkdtemp(join(tmpdir(), 'oracle-operator-'))
    await mkdir(join(cwd, 'deployments/here'), { recursive: true })
    await writeFile(join(cwd, 'deployments/here/system.json'), record(datanet))
  })
  after(async () => {
    await datanet?.stop()
    if (cwd) await rm(cwd, { recursive: true, force: true })
  })

  const cli = (...args: string[]) =>
    run(args, { cwd, env: { ORACLE_CONTENT_FOLDER: join(datanet.folder, 'content') } })
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { out, err } = await cli(...args, '--json')
    expect(out, err).to.not.equal('')
    return JSON.parse(out) as Record<string, unknown>
  }
  const init = (...args: string[]) =>
    cli('init', '--deployment', 'here', '--rpc-url', datanet.anvil.url, ...args)
  const failing = async (...args: string[]): Promise<Check[]> => {
    const { checks } = (await json('check', ...args)) as unknown as { checks: Check[] }
    return checks.filter(({ status }) => status === 'FAIL')
  }

  describe('given a local chain: init', () => {
    it('names the chain that is missing, and writes nothing', async () => {
      const { code, err } = await cli('init', '--deployment', 'here', '--rpc-url', 'http://127.0.0.1:1')
      expect(code).to.equal(2)
      expect(err).to.contain('RPC_FAILED').and.to.contain('npm run node:seeded')
      const unknown = await cli('init', '--deployment', 'nowhere')
      expect([unknown.code, unknown.err.includes('nowhere')]).to.deep.equal([2, true])
      expect((await cli('check')).code).to.equal(2)
    })

    it('writes a configuration that only its owner reads, with the key that everybody knows', async () => {
      const { code, out, err } = await init()
      expect(code, err).to.equal(0)
      expect(out).to.contain(datanet.operator.address).and.to.contain('known to everybody')
      const file = join(cwd, 'oracle.json')
      expect((await stat(file)).mode & 0o777).to.equal(0o600)
      const written = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
      expect(written).to.include({
        operatorKey: datanet.operator.privateKey,
        mode: 'operator',
        confirm: true,
      })
      expect(out + err).to.not.contain(datanet.operator.privateKey)
    })

    it('leaves nothing behind where the configuration cannot be written', async () => {
      const { code, err } = await init('--config', 'absent/oracle.json', '--data', 'left')
      expect([code, err.includes('absent/oracle.json (ENOENT)')], err).to.deep.equal([2, true])
      expect(existsSync(join(cwd, 'left'))).to.equal(false)
    })

    it('never overwrites what is there', async () => {
      const file = join(cwd, 'oracle.json')
      const before = await readFile(file, 'utf8')
      const { code, err } = await init()
      expect([code, err.includes('which exists')]).to.deep.equal([2, true])
      expect(await readFile(file, 'utf8')).to.equal(before)
    })

    it('asks for a name where several deployments stand on the chain', async () => {
      await mkdir(join(cwd, 'deployments/there'))
      await writeFile(join(cwd, 'deployments/there/system.json'), record(datanet))
      const other = ['--config', 'other.json', '--rpc-url', datanet.anvil.url]
      const { code, err } = await cli('init', ...other)
      expect(code).to.equal(2)
      expect(err).to.contain('several: here, there').and.to.contain('--deployment')
      await rm(join(cwd, 'deployments/there'), { recursive: true })
      expect((await cli('init', ...other, '--deployment', 'here', '--mode', 'verifier')).out).to.match(
        /key +none/,
      )
    })
  })

  describe('check', () => {
    it('finds nothing wrong with what init wrote', async () => {
      const { code, out } = await cli('check')
      expect(out).to.match(/PASS {2}operator +number 1 of 2 in epoch 1/)
      expect(out)
        .to.match(/PASS {2}bond +10000 OPEN/)
        .and.to.match(/verdict +ready/)
      expect(code).to.equal(0)
    })

    it('names what is wrong, line by line, with what to do about it', async () => {
      const [faulty] = await failing('--chain-id', '5')
      expect(faulty?.says).to.equal('it serves chain 31337')
      const genesis = `0x${'ab'.repeat(32)}`
      expect((await failing('--genesis-hash', genesis))[0]?.says).to.contain(genesis)
      const file = ['--content-folder', join(cwd, 'oracle.json')]
      const two = await failing('--reward-vault', datanet.liar.address, ...file)
      expect(two.find(({ name }) => name === 'contracts')?.says).to.equal('no code at rewardVault')
      expect(two.map(({ name }) => name)).to.include('content')
      const { code: exit, out } = await cli('check', '--rpc-timeout-ms', '1')
      expect([exit, out.includes('rpcTimeoutMs')]).to.deep.equal([2, true])
    })

    it('has a remote signer sign, before an epoch needs it', async () => {
      const signer = await SignerServer.start(new Wallet(datanet.operator.privateKey))
      const remote = (address: string): Promise<Check[]> =>
        failing('--signer-url', signer.url, '--signer-address', address)
      try {
        expect(await remote(datanet.operator.address)).to.deep.equal([])
        expect(signer.asked).to.deep.equal(['eth_signTypedData_v4'])
        const [other] = await remote(datanet.liar.address)
        expect(other?.says)
          .to.match(/^SIGNER_LIED/)
          .and.to.include(datanet.operator.address)
        signer.fault = { unknown: ['eth_signTypedData_v4', 'eth_signTypedData'] }
        const [old] = await remote(datanet.operator.address)
        expect(old?.says)
          .to.match(/^SIGNER_FAILED/)
          .and.to.not.include('secret-path')
      } finally {
        await signer.stop()
      }
    })

    it('warns of a key file that others can read, and of a run that would send nothing', async () => {
      const file = join(cwd, 'key')
      await writeFile(file, datanet.operator.privateKey, { mode: 0o644 })
      const warned = async (mode: number): Promise<string[]> => {
        await chmod(file, mode)
        const env = { ORACLE_CONTENT_FOLDER: join(datanet.folder, 'content'), ORACLE_OPERATOR_KEY_FILE: file }
        const { out } = await run(['check', '--json'], { cwd, env: { ...env, ORACLE_CONFIRM: 'false' } })
        const { checks } = JSON.parse(out) as { checks: Check[] }
        return checks.flatMap(({ status, name }) => (status === 'WARN' ? [name] : []))
      }
      expect(await warned(0o644)).to.include.members(['key file', 'sends'])
      expect(await warned(0o600))
        .to.include('sends')
        .and.to.not.include('key file')
    })
  })

  describe('epoch', () => {
    it('without --confirm says what it would send, and sends nothing, whatever the file says', async () => {
      const planned = await json('epoch', 'plan', '--epoch', '1')
      expect(planned).to.include({ state: 'open', contributions: 2 })
      expect(await json('epoch', 'score', '--epoch', '1')).to.include({ state: 'scored' })
      const settled = await json('epoch', 'run', '--epoch', '1')
      expect(settled).to.include({ state: 'settled', dryRun: 'nothing was sent: --confirm is missing' })
      const { ledgerRoot } = settled['post'] as { ledgerRoot: string }
      const [wouldSend] = settled['wouldSend'] as Record<string, unknown>[]
      expect(wouldSend).to.include({ action: 'post', ledgerRoot })
      expect((await datanet.system.attributionOracle.pending()).deadline).to.equal(0n)
    })

    it('with it posts, agrees with itself, and finalizes after the window', async () => {
      const posted = await json('epoch', 'post', '--epoch', '1', '--confirm')
      expect(posted['state']).to.equal('submitted')
      expect(posted).to.not.have.property('dryRun')
      await datanet.anvil.settle()
      const verified = await cli('epoch', 'diff', '--epoch', '1', '--json')
      expect([verified.code, JSON.parse(verified.out).agrees]).to.deep.equal([0, true])
      expect((await cli('epoch', 'finalize', '--epoch', '1', '--confirm')).code).to.equal(4)
      await datanet.anvil.pass(WINDOW + 1)
      const done = await json('epoch', 'finalize', '--epoch', '1', '--confirm')
      expect(done['sent']).to.include({ sent: true })
      expect(await datanet.system.attributionOracle.finalEpoch()).to.equal(1n)
    })
  })
})
