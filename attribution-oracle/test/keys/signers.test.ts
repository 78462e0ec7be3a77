import { expect } from 'chai'
import { Transaction, verifyTypedData, Wallet, type TransactionLike } from 'ethers'
import { inspect } from 'node:util'
import type { OracleSigner, TypedData, UnsignedTransaction } from '../../src/domain'
import { isFault } from '../../src/errors'
import { addressOf, openSigner } from '../../src/keys'
import { SignerServer, type Fault } from './signerServer'

const KEY = `0x${'42'.repeat(32)}`
const WALLET = new Wallet(KEY)
const OTHER = new Wallet(`0x${'43'.repeat(32)}`)
const transaction: UnsignedTransaction = {
  chainId: 31337n,
  nonce: 5,
  to: OTHER.address,
  value: 7n,
  data: '0x1234',
  gasLimit: 60_000n,
  maxFeePerGas: 3_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
}
const typed: TypedData = {
  domain: {
    name: 'OpenDatanets AttributionOracle',
    version: '1',
    chainId: 1,
    verifyingContract: OTHER.address,
  },
  types: {
    Attestation: [
      { name: 'post', type: 'Post' },
      { name: 'attempt', type: 'uint32' },
    ],
    Post: [
      { name: 'epoch', type: 'uint32' },
      { name: 'total', type: 'uint128' },
    ],
  },
  primaryType: 'Attestation',
  message: { post: { epoch: 1, total: (1n << 128n) - 1n }, attempt: 0 },
}

const faultOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

function signsWhatIsAsked(open: () => Promise<OracleSigner>): void {
  it('signs a transaction that says exactly what was asked', async () => {
    const signer = await open()
    const { from, nonce, to, data, value, maxFeePerGas, type } = Transaction.from(
      await signer.signTransaction(transaction),
    )
    expect([from, signer.address]).to.deep.equal([WALLET.address, WALLET.address])
    expect({ nonce, to, data, value, maxFeePerGas, type }).to.deep.equal({
      nonce: 5,
      to: OTHER.address,
      data: '0x1234',
      value: 7n,
      maxFeePerGas: 3_000_000_000n,
      type: 2,
    })
  })

  it('signs typed data', async () => {
    const signature = await (await open()).signTypedData(typed)
    expect(verifyTypedData(typed.domain, typed.types, typed.message, signature)).to.equal(WALLET.address)
  })
}

describe('a private key', () => {
  signsWhatIsAsked(() => openSigner({ kind: 'private', key: KEY }))

  it('that is none is refused, and not quoted', async () => {
    const key = `0x${'ff'.repeat(32)}`
    const fault = await faultOf(openSigner({ kind: 'private', key }))
    expect(isFault(fault, 'KEY_INVALID')).to.equal(true)
    expect(inspect(fault, { depth: Infinity, showHidden: true })).to.not.contain('ffff')
  })
})

describe('a remote signer', () => {
  let server: SignerServer
  before(async () => {
    server = await SignerServer.start(WALLET)
  })
  beforeEach(() => {
    server.fault = {}
    server.asked.length = 0
  })
  after(() => server?.stop())

  const open = (): Promise<OracleSigner> =>
    openSigner({ kind: 'remote', url: server.url, address: WALLET.address.toLowerCase() })
  const signed = async (fault: Fault): Promise<unknown> => {
    server.fault = fault
    return faultOf((await open()).signTransaction(transaction))
  }
  const attested = async (fault: Fault): Promise<unknown> => {
    server.fault = fault
    return faultOf((await open()).signTypedData(typed))
  }

  signsWhatIsAsked(open)

  it('is known by its address without being asked', async () => {
    const source = { kind: 'remote', url: server.url, address: WALLET.address } as const
    expect(await addressOf(source)).to.equal(WALLET.address)
    expect(server.asked).to.deep.equal([])
    const fault = await faultOf(addressOf({ ...source, address: '0x12' }))
    expect(isFault(fault, 'KEY_INVALID')).to.equal(true)
  })

  it('may answer as geth does', async () => {
    expect(await signed({ wrapped: true })).to.equal(undefined)
  })

  it('that knows only the older method for typed data is asked with it', async () => {
    expect(await attested({ unknown: ['eth_signTypedData_v4'] })).to.equal(undefined)
    expect(server.asked).to.deep.equal(['eth_signTypedData_v4', 'eth_signTypedData'])
  })

  it('that cannot sign typed data says so, with what to do', async () => {
    const fault = await attested({ unknown: ['eth_signTypedData_v4', 'eth_signTypedData'] })
    expect(isFault(fault, 'SIGNER_FAILED') && fault.message).to.match(/EIP-712[^]*keystore/)
  })

  const LIES: [string, string, (transaction: TransactionLike) => TransactionLike][] = [
    ['another receiver', 'to', honest => ({ ...honest, to: WALLET.address })],
    ['more value', 'value', honest => ({ ...honest, value: 8n })],
    ['other data', 'data', honest => ({ ...honest, data: '0x1235' })],
    ['another nonce', 'nonce', honest => ({ ...honest, nonce: 6 })],
    ['another chain', 'chainId', honest => ({ ...honest, chainId: 1n })],
    ['a higher fee', 'maxFeePerGas', honest => ({ ...honest, maxFeePerGas: 9n ** 12n })],
    ['another tip', 'maxPriorityFeePerGas', honest => ({ ...honest, maxPriorityFeePerGas: 1n })],
    ['more gas', 'gasLimit', honest => ({ ...honest, gasLimit: 10n ** 7n })],
    [
      'an access list',
      'accessList',
      honest => ({ ...honest, accessList: [{ address: OTHER.address, storageKeys: [] }] }),
    ],
    [
      'an old kind of transaction',
      'type',
      ({ maxFeePerGas, maxPriorityFeePerGas: _tip, ...honest }) => ({
        ...honest,
        type: 0,
        gasPrice: maxFeePerGas!,
      }),
    ],
  ]
  for (const [lie, field, twist] of LIES) {
    it(`that signs ${lie} is caught`, async () => {
      const fault = await signed({ twist })
      expect(isFault(fault, 'SIGNER_LIED') && fault.data.field).to.equal(field)
    })
  }

  it('that signs with another key is caught, for transactions and typed data', async () => {
    for (const fault of [await signed({ key: OTHER }), await attested({ key: OTHER })]) {
      expect(isFault(fault, 'SIGNER_LIED') && fault.data.field).to.equal('signer')
    }
  })

  it('that signs typed data as a message is caught', async () => {
    const fault = await attested({ personal: true })
    expect(isFault(fault, 'SIGNER_LIED') && fault.data.expected).to.equal(WALLET.address)
  })

  const NONSENSE: [string, Fault['answer']][] = [
    ['a web page', { status: 502, body: '<html>' }],
    ['nothing', { status: 200, body: '' }],
    ['a list', { status: 200, body: '[]' }],
    ['null', { status: 200, body: '{"result":null}' }],
    ['a refusal', { status: 200, body: '{"error":{"code":-32000,"message":"locked"}}' }],
    ['two megabytes', { status: 200, body: `{"result":"0x${'00'.repeat(1 << 20)}"}` }],
  ]
  for (const [name, answer] of NONSENSE) {
    it(`that answers ${name} has failed, and its URL is not told`, async () => {
      const fault = await signed({ answer: answer! })
      expect(isFault(fault, 'SIGNER_FAILED') && fault.retryable).to.equal(true)
      const told = inspect(fault, { depth: Infinity, showHidden: true })
      expect(told).to.contain(new URL(server.url).host).and.not.contain('secret-path')
    })
  }

  it('that signs garbage is caught', async () => {
    const fault = await signed({ answer: { status: 200, body: '{"result":"0x02c0"}' } })
    expect(isFault(fault, 'SIGNER_LIED')).to.equal(true)
  })

  it('is given the name and password of its URL in a header, as fetch wants it', async () => {
    const url = server.url.replace('http://', 'http://oracle:p%40ss@')
    const signer = await openSigner({ kind: 'remote', url, address: WALLET.address })
    await signer.signTransaction(transaction)
    expect(server.authorization).to.equal(`Basic ${Buffer.from('oracle:p@ss').toString('base64')}`)
    server.fault = { answer: { status: 200, body: JSON.stringify({ error: { message: `no: ${url}` } }) } }
    const fault = await faultOf(signer.signTransaction(transaction))
    expect(inspect(fault, { depth: Infinity, showHidden: true })).to.not.contain('p%40ss')
  })

  it('that is not there has failed', async () => {
    const url = 'http://127.0.0.1:1/secret-path'
    const signer = await openSigner({ kind: 'remote', url, address: WALLET.address })
    const fault = await faultOf(signer.signTransaction(transaction))
    expect(isFault(fault, 'SIGNER_FAILED') && fault.data.signer).to.equal('127.0.0.1:1')
    expect(inspect(fault, { depth: Infinity, showHidden: true })).to.not.contain('secret-path')
  })
})
