import { expect } from 'chai'
import { makeError, Network } from 'ethers'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { ChainReader, Challenger, openProvider, Poster, type RpcPool } from '../../src/chain'
import { rpcReason } from '../../src/chain/rpcFault'
import type { Post } from '../../src/domain'
import { isFault } from '../../src/errors'
import { privateKeySigner } from '../../src/keys'
import { memoryOutbox } from '../../src/store'

const KEY = 'secret-key-of-the-provider'
const ADDRESS = `0x${'11'.repeat(20)}`
const DIGEST = `0x${'22'.repeat(32)}` as const
const ROOT = `0x${'33'.repeat(24)}` as const
const addresses = {
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
const BLOCK = { number: '0x0', hash: DIGEST, parentHash: DIGEST, timestamp: '0x1' }
const post: Post = {
  epoch: 1,
  specVersion: 1,
  configDigest: DIGEST,
  blockNumber: 1,
  blockHash: DIGEST,
  inputsDigest: DIGEST,
  ledgerRoot: ROOT,
  journalRoot: ROOT,
  manifestRoot: ROOT,
  ledgerCount: 1,
  journalCount: 1,
  manifestCount: 1,
  total: 1n,
  dataDigest: DIGEST,
}
const leaf = { index: 0, account: ADDRESS, cumulative: 0n, prefix: 0n, proof: '0x' } as const
describe('a failing RPC', () => {
  let server: Server
  let provider: RpcPool
  let url: string
  /** what the RPC still answers, so that a reader can be built before everything fails */
  let answers: Record<string, unknown> = {}

  before(async () => {
    server = createServer((request, response) => {
      let body = ''
      request.on('data', part => (body += String(part)))
      request.on('end', () => {
        const { id, method } = JSON.parse(body) as { id: number; method: string }
        if (method in answers) {
          response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }))
          return
        }
        response.statusCode = 401
        response.end('who are you?')
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    url = `http://127.0.0.1:${port}/v3/${KEY}`
    provider = openProvider({ urls: [url], chainId: 1, pollMs: 100, timeoutMs: 1_000 })
    expect(provider._network).to.be.instanceOf(Network)
  })
  after(() => {
    provider.destroy()
    server.close()
  })

  const signer = privateKeySigner(`0x${'42'.repeat(32)}`)
  const empty = memoryOutbox()
  /** an outbox in which a transaction waits, so that the sender asks for its receipt first */
  const waiting = memoryOutbox()
  before(() => {
    const [fees, subject] = [{ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }, '']
    const first = {
      attempt: 1,
      kind: 'action',
      subject,
      hash: DIGEST,
      raw: '0x',
      ...fees,
      signedAt: 1,
    } as const
    return waiting.record({ epoch: 1, action: 'post', sender: signer.address, nonce: 0, first })
  })
  const calls: [string, () => Promise<unknown>][] = [
    ['connecting', () => ChainReader.connect(provider, { chainId: 1, startBlock: 0, addresses })],
    ['posting', () => new Poster(provider, signer, addresses, empty).post(post)],
    ['waiting for a post', () => new Poster(provider, signer, addresses, waiting).post(post)],
    ['finalizing', () => new Poster(provider, signer, addresses, empty).finalize(post, 1)],
    [
      'challenging',
      () => new Challenger(provider, signer, addresses, empty).challenge(post, 1, { kind: 'account', leaf }),
    ],
    [
      'reading the history',
      async () => {
        answers = {
          eth_chainId: '0x1',
          eth_syncing: false,
          eth_blockNumber: '0x2',
          eth_getBlockByNumber: BLOCK,
        }
        const fresh = openProvider({ urls: [url], chainId: 1, pollMs: 100, timeoutMs: 1_000 })
        const reader = await ChainReader.connect(fresh, { chainId: 1, startBlock: 0, addresses })
        answers = {}
        await reader.history(1).finally(() => fresh.destroy())
      },
    ],
  ]
  for (const [name, call] of calls) {
    it(`is named when ${name}, and its URL is not`, async () => {
      const fault = await call().catch((error: unknown) => error)
      expect(isFault(fault, 'RPC_FAILED') && fault.data.cause).to.contain('401')
      expect(inspect(fault, { depth: Infinity, showHidden: true })).to.not.contain(KEY)
    })
  }

  it('is quoted by short message and code alone', () => {
    const error = makeError('too many requests', 'SERVER_ERROR', { request: `https://rpc/${KEY}` })
    expect(error.message).to.contain(KEY)
    expect(rpcReason(error)).to.equal('too many requests (SERVER_ERROR)')
    const refused = Object.assign(new Error(`connect to ${KEY}`), { code: 'ECONNREFUSED' })
    expect(rpcReason(refused)).to.equal('Error (ECONNREFUSED)')
    expect(rpcReason(KEY)).to.equal('no reason given')
  })
})
