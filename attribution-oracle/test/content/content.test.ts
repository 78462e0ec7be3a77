import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStoreError, openContentStore } from '@open-datanets/content-store'
import { encodeCar, epochBlocks, importCar, readEpoch } from '../../src/content'
import { canonicalBytes, sha256, type ContentStore, type Digest, type EpochData } from '../../src/domain'
import { isFault } from '../../src/errors'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const faultOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )
const storeFault = (error: unknown): unknown => error instanceof ContentStoreError && error.code
const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const ROOT = `0x${'cd'.repeat(24)}` as const

/** An epoch with more ledger rows than a page holds, and with the largest numbers of every field. */
function someEpoch(accounts = 5000): EpochData {
  return {
    header: {
      chainId: 31337,
      vault: ACCOUNT,
      epoch: 2,
      specVersion: 1,
      previous: sha256(bytes('epoch 1')),
      scoring: {
        engine: { onnxruntime: '1.30.0', optimization: 'all', provider: 'cpu' },
        seed: 's',
        checkpoints: [sha256(bytes('m'))],
      },
    },
    config: canonicalBytes({ epoch: 2 }),
    inputs: canonicalBytes({ blockNumber: 7 }),
    tables: {
      screening: [
        {
          id: 3n,
          contributorIndex: 1,
          verdict: 'copy',
          reason: 'NEAR_COPY',
          representative: 1n,
          novelty: 0.25,
          detail: 'Jaccard 0.93',
        },
      ],
      receipts: [
        {
          payer: ACCOUNT,
          modelId: 1,
          amount: 9n,
          receiptsDigest: sha256(bytes('r')),
          outputs: 2,
          accepted: true,
          reason: '',
        },
      ],
      scores: [{ poolId: 1n << 32n, contributionId: 1n, score: -0.1234567890123 }],
      weights: [{ poolId: 1n << 32n, contributionId: (1n << 64n) - 1n, weight: 10n ** 9n }],
      settlement: [
        { poolId: 1n << 32n, contributorIndex: 0, contributionId: 1n, weight: 10n ** 9n, prefix: 0n },
      ],
      manifest: [
        {
          poolId: 1n << 32n,
          settlementRoot: ROOT,
          leafCount: 1,
          totalWeight: 10n ** 9n,
          amount: 5n,
          cumulative: 8n,
          prefix: 0n,
        },
      ],
      journal: [{ contributorIndex: 0, poolPosition: 0, amount: 5n, prefix: 0n }],
      ledger: Array.from({ length: accounts }, (_, i) => ({
        account: ACCOUNT,
        cumulative: (1n << 100n) + BigInt(i),
        prefix: BigInt(i) << 100n,
      })),
    },
  }
}

describe('content', () => {
  let folder: string
  let content: ContentStore
  const pathOf = (digest: Digest): string => join(folder, 'objects', digest.slice(2, 4), digest.slice(2))
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-content-'))
    content = openContentStore(folder)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  describe('epoch blocks', () => {
    it('round-trip every row, and name the same data by the same digest', async () => {
      const data = someEpoch()
      const { dataDigest, blocks } = await epochBlocks(data)
      for (const block of blocks) await content.put(block.bytes)
      expect(sha256(blocks[0]!.bytes)).to.equal(dataDigest)
      expect(await readEpoch(content, dataDigest)).to.deep.equal({
        ...data,
      })
      expect((await epochBlocks(someEpoch())).dataDigest).to.equal(dataDigest)
    })

    it('change their digest with any cell', async () => {
      const data = someEpoch(1)
      const other = {
        ...data,
        tables: { ...data.tables, ledger: [{ ...data.tables.ledger[0]!, cumulative: 1n }] },
      }
      expect((await epochBlocks(other)).dataDigest).to.not.equal((await epochBlocks(data)).dataDigest)
    })

    it('refuse a page whose bytes were changed, and one that is not there', async () => {
      const { dataDigest, blocks } = await epochBlocks(someEpoch(1))
      const digests: Digest[] = []
      for (const block of blocks) digests.push(await content.put(block.bytes))
      await writeFile(pathOf(digests.at(-1)!), 'tampered')
      expect(storeFault(await faultOf(readEpoch(content, dataDigest)))).to.equal('CONTENT_CORRUPT')
      await rm(pathOf(digests.at(-1)!))
      expect(storeFault(await faultOf(readEpoch(content, dataDigest)))).to.equal('CONTENT_MISSING')
    })

    it('refuse a root that is something else', async () => {
      const digest = await content.put(bytes('not cbor'))
      expect(isFault(await faultOf(readEpoch(content, digest)), 'INVALID_DOCUMENT')).to.equal(true)
    })
  })

  describe('CAR', () => {
    it('carries an epoch from one store to another, byte for byte', async () => {
      const { dataDigest, blocks } = await epochBlocks(someEpoch())
      const car = await encodeCar(blocks)
      expect(await importCar(content, car)).to.equal(dataDigest)
      const data = await readEpoch(content, dataDigest)
      expect(await encodeCar((await epochBlocks(data)).blocks)).to.deep.equal(car)
    })

    it('is refused when a block is not what its CID says', async () => {
      const car = await encodeCar((await epochBlocks(someEpoch(1))).blocks)
      car[car.length - 1]! ^= 1
      expect(isFault(await faultOf(importCar(content, car)), 'CONTENT_CORRUPT')).to.equal(true)
    })
  })
})
