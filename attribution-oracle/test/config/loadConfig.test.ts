import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, loadPart, redacted, type ConfigSources } from '../../src/config'
import { isFault } from '../../src/errors'

const ADDRESS = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const KEY = `0x${'11'.repeat(32)}`
const contracts = {
  datanetRegistry: ADDRESS,
  modelRegistry: ADDRESS,
  inferencePayments: ADDRESS,
  rewardEscrow: ADDRESS,
  rewardVault: ADDRESS,
  attributionOracle: ADDRESS,
  fraudProofs: ADDRESS,
  operatorSet: ADDRESS,
  settlementProofs: ADDRESS,
  pageDemands: ADDRESS,
}
const complete = {
  rpcUrl: 'http://127.0.0.1:8545',
  chainId: 31337,
  startBlock: 0,
  ...contracts,
  contentFolder: 'content',
  storeFolder: 'store',
  publishFolder: 'publish',
}

describe('loadConfig', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-config-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const write = async (name: string, content: unknown): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const load = async (settings: unknown, rest: Partial<ConfigSources> = {}) =>
    loadConfig({ file: await write('oracle.json', settings), flags: {}, env: {}, ...rest })
  const faultsOf = async (run: Promise<unknown>) => {
    const error = await run.then(
      () => undefined,
      (fault: unknown) => fault,
    )
    return isFault(error, 'INVALID_CONFIG') ? error.data.faults : []
  }

  it('reads a file, fills defaults, resolves paths against the file, and freezes', async () => {
    const config = await load(complete)
    expect(config.workers).to.equal(2)
    expect(config.tolerancePpm).to.equal(20)
    expect(config.contentFolder).to.equal(join(folder, 'content'))
    expect(Object.isFrozen(config)).to.equal(true)
  })

  it('prefers a flag over the environment over the file', async () => {
    const env = { ORACLE_WORKERS: '3', ORACLE_POLL_MS: '50' }
    const config = await load({ ...complete, workers: 4, pollMs: 60 }, { env, flags: { workers: '5' } })
    expect([config.workers, config.pollMs]).to.deep.equal([5, 50])
  })

  it('takes chain, start block and contracts from a deployment record, unless they are given', async () => {
    const record = {
      format: 'open-datanets/deployment',
      version: 2,
      chainId: 7,
      blockNumber: 42,
      contracts: Object.fromEntries(Object.entries(contracts).map(([name, address]) => [name, { address }])),
    }
    await write('system.json', record)
    const { rpcUrl, contentFolder, storeFolder, publishFolder } = complete
    const settings = {
      rpcUrl,
      contentFolder,
      storeFolder,
      publishFolder,
      deployment: 'system.json',
      chainId: 8,
    }
    const config = await load(settings)
    expect([config.chainId, config.startBlock, config.rewardVault]).to.deep.equal([8, 42, ADDRESS])
  })

  it('reports all faults at once, each with name, got and expected', async () => {
    const { rpcUrl: _, ...settings } = { ...complete, rewardVault: 'nowhere', workers: 0, colour: 'red' }
    const faults = await faultsOf(load(settings))
    expect(faults.map(({ name, got }) => [name, got])).to.deep.equal([
      ['colour', 'a setting that does not exist'],
      ['rewardVault', 'nowhere'],
      ['workers', '0'],
      ['rpcUrls', 'nothing'],
    ])
    const [, , workers, endpoints] = faults
    expect(workers).to.include({ from: 'oracle.json', fix: 'change it there' })
    expect(endpoints).to.include({ from: 'not set' })
    expect(endpoints?.fix).to.contain('ORACLE_RPC_URLS').and.to.contain('--rpc-urls')
  })

  it('names the deployment alone where nothing says which contracts it is about', async () => {
    const faults = await faultsOf(load({ publishFolder: 'publish' }))
    expect(faults.map(({ name }) => name)).to.deep.equal([
      'deployment',
      'contentFolder',
      'rpcUrls',
      'storeFolder',
    ])
    const { rewardVault: _, ...without } = complete
    expect((await faultsOf(load(without))).map(({ name }) => name)).to.deep.equal(['rewardVault'])
  })

  it('names what was probably meant by a setting or a variable that does not exist', async () => {
    const env = { ORACLE_WORKRES: '2', ORACLE_CONFIG: 'oracle.json', ORACLE_PEERS: '', ORACEL: 'x' }
    const faults = await faultsOf(load({ ...complete, polMs: 50 }, { env }))
    expect(faults.map(({ name, from, fix }) => [name, from, fix])).to.deep.equal([
      ['ORACLE_WORKRES', 'environment', 'did you mean ORACLE_WORKERS?'],
      ['polMs', 'oracle.json', 'did you mean pollMs?'],
    ])
  })

  it('reads lists, numbers and truths from text, and fills in what follows from others', async () => {
    const env = {
      ORACLE_RPC_URLS: 'http://a.example, http://b.example',
      ORACLE_VERIFY_SHARE: '0.5',
      ORACLE_CHALLENGE: 'false',
      ORACLE_CONTENT_STORES: 'content,https://gateway.example/ipfs',
    }
    const config = await load(complete, { env })
    expect(config.rpcUrls).to.deep.equal(['http://a.example', 'http://b.example'])
    expect(config).to.include({ verifyShare: 0.5, challenge: false, crossCheck: 2 })
    expect(config.contentStores).to.deep.equal([
      join(process.cwd(), 'content'),
      'https://gateway.example/ipfs',
    ])
    const alone = await load(complete)
    expect(alone).to.include({ crossCheck: 1, storeFolder: join(folder, 'store') })
    expect(alone.contentStores).to.deep.equal([join(folder, 'content')])
  })

  it('reads a number of proxies or their addresses, and refuses what is neither', async () => {
    const proxies = async (env: string): Promise<unknown> =>
      (await load(complete, { env: { ORACLE_TRUSTED_PROXIES: env } })).trustedProxies
    expect(await proxies('2')).to.equal(2)
    expect(await proxies('10.0.0.0/8, ::1')).to.deep.equal(['10.0.0.0/8', '::1'])
    expect((await load(complete)).trustedProxies).to.equal(0)
    for (const wrong of ['10.0.0.0/33', 'proxy.example', '::1/129', '17', '10.0.0.0/8/8', '-1'])
      expect((await faultsOf(proxies(wrong)))[0]?.name, wrong).to.equal('trustedProxies')
  })

  it('reads a part for a process that needs no more, and finds what is wrong in the rest all the same', async () => {
    const sources = async (settings: object): Promise<ConfigSources> => ({
      file: await write('oracle.json', settings),
      flags: {},
      env: {},
    })
    const names = ['contentFolder', 'contentStores', 'workers'] as const
    const part = await loadPart(await sources({ contentFolder: 'content' }), names)
    expect(part).to.include({ workers: 2, contentFolder: join(folder, 'content') })
    const faults = await faultsOf(loadPart(await sources({ pollMs: 0 }), names))
    expect(faults.map(({ name }) => name)).to.deep.equal(['pollMs', 'contentFolder'])
  })

  describe('given settings that stand for the same thing', () => {
    it('takes that of the higher place', async () => {
      const config = await load(complete, { env: { ORACLE_DATABASE_URL: 'postgres://o@db/oracle' } })
      expect([config.databaseUrl, config.storeFolder]).to.deep.equal(['postgres://o@db/oracle', undefined])
    })

    it('prefers a database to a folder, wherever they are named', async () => {
      const path = await write('url', 'postgres://o@db/oracle')
      const env = { ORACLE_STORE_FOLDER: 'store', ORACLE_DATABASE_URL_FILE: path }
      expect((await load(complete, { env })).storeFolder).to.equal(undefined)
      const both = { ...complete, databaseUrl: 'postgres://o@db/oracle' }
      expect((await load(both)).databaseUrl).to.equal('postgres://o@db/oracle')
    })

    it('refuses two in one place, and half of what belongs together', async () => {
      const two = { ...complete, operatorKey: KEY, keystore: 'key.json' }
      expect((await faultsOf(load(two))).map(({ name, got }) => [name, got])).to.deep.equal([
        ['operatorKey', 'operatorKey and keystore'],
      ])
      const half = await faultsOf(load({ ...complete, keystore: 'key.json', crossCheck: 2 }))
      expect(half.map(({ name }) => name)).to.deep.equal(['keystorePassword', 'crossCheck'])
      const bucket = await faultsOf(load({ ...complete, contentStores: ['content', 's3://bucket'] }))
      expect(bucket.map(({ name }) => name)).to.deep.equal(['s3AccessKeyId'])
    })
  })

  it('reports a file that is missing or no JSON object', async () => {
    const missing = await faultsOf(loadConfig({ file: join(folder, 'absent.json'), flags: {}, env: {} }))
    expect(missing.map(({ name }) => name)).to.deep.equal(['config'])
    const none = await faultsOf(load('[]'))
    expect(none.map(({ expected }) => expected)).to.deep.equal(['a JSON object of settings'])
  })

  describe('given a secret', () => {
    it('reads it from the file that the environment names', async () => {
      const path = await write('key', `${KEY}\n`)
      expect((await load(complete, { env: { ORACLE_OPERATOR_KEY_FILE: path } })).operatorKey).to.equal(KEY)
    })

    it('reads it from the file that the configuration names, which is relative to it', async () => {
      await write('key', `${KEY}\n`)
      expect((await load({ ...complete, operatorKey: { file: 'key' } })).operatorKey).to.equal(KEY)
      const faults = await faultsOf(load({ ...complete, operatorKey: { file: 'absent' } }))
      expect(faults[0]?.got).to.contain('ENOENT')
    })

    it('prefers the variable itself, and says which secret file is missing', async () => {
      const env = { ORACLE_OPERATOR_KEY: KEY, ORACLE_OPERATOR_KEY_FILE: join(folder, 'absent') }
      expect((await load(complete, { env })).operatorKey).to.equal(KEY)
      const faults = await faultsOf(
        load(complete, { env: { ORACLE_OPERATOR_KEY_FILE: join(folder, 'absent') } }),
      )
      expect(faults.map(({ name }) => name)).to.deep.equal(['ORACLE_OPERATOR_KEY_FILE'])
    })

    it('never shows it, neither printed nor in a fault', async () => {
      const config = await load({ ...complete, operatorKey: KEY })
      expect(JSON.stringify(redacted(config))).to.not.contain(KEY)
      expect(redacted(config).operatorKey).to.equal('(set)')
      const wrong = '0x1234secret'
      const faults = await faultsOf(load({ ...complete, operatorKey: wrong }))
      expect(JSON.stringify(faults)).to.contain('operatorKey').and.not.contain(wrong)
    })
  })
})
