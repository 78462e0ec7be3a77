import { expect } from 'chai'
import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStoreError, openContentStore } from '@open-datanets/content-store'
import { encodeCar, epochBlocks, importCar, readEpoch, readEpochParts } from '../../src/content'
import { cborBlock, decodeCbor } from '../../src/content/block'
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
          count: 1,
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
          cumulative: 20n,
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

    it('refuse a repeated page, a page that is not full, one that is too long, and more pages than were posted', async () => {
      const { dataDigest, blocks } = await epochBlocks(someEpoch(5000))
      for (const block of blocks) await content.put(block.bytes)
      const root = (await decodeCbor(blocks[0]!.bytes)) as { tables: { ledger: unknown[] } }
      const [full, second, last] = root.tables.ledger
      const ledger = (await readEpoch(content, dataDigest)).tables.ledger
      const long = await cborBlock(ledger.slice(0, 2049))
      await content.put(long.bytes)
      const issueOf = async (pages: unknown[]): Promise<unknown> => {
        const changed = await cborBlock({ ...root, tables: { ...root.tables, ledger: pages } })
        const fault = await faultOf(readEpoch(content, await content.put(changed.bytes)))
        return isFault(fault, 'INVALID_DOCUMENT') && fault.data.issues[0]
      }
      expect(await issueOf([full, full, last])).to.equal('the same page twice')
      expect(await issueOf([full, last, second])).to.equal('904 rows in page 1')
      expect(await issueOf([full, long.cid])).to.equal('2049 rows in page 1')
      const counts = { ledgerCount: 4096, journalCount: 1, manifestCount: 1 }
      const fault = await faultOf(readEpoch(content, dataDigest, counts))
      expect(isFault(fault, 'INVALID_DOCUMENT') && fault.data.issues[0]).to.equal('3 pages, at most 2')
      expect(await faultOf(readEpoch(content, dataDigest, { ...counts, ledgerCount: 5000 }))).to.equal(
        undefined,
      )
    })

    it('refuse a block that is too large to be one', async () => {
      const root = await cborBlock({ padding: 'x'.repeat(8 * 1024 * 1024) })
      const digest = await content.put(root.bytes)
      expect(storeFault(await faultOf(readEpoch(content, digest)))).to.equal('CONTENT_TOO_LARGE')
    })

    it('give every part that can be read, and name those that cannot', async () => {
      const data = someEpoch(1)
      const { dataDigest, blocks } = await epochBlocks(data)
      for (const block of blocks.slice(0, -1)) await content.put(block.bytes)
      const { tables, faults, header } = await readEpochParts(content, dataDigest)
      expect(faults.map(({ part, fault }) => [part, storeFault(fault)])).to.deep.equal([
        ['ledger', 'CONTENT_MISSING'],
      ])
      expect(header).to.deep.equal(data.header)
      expect(tables.journal).to.deep.equal(data.tables.journal)
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

    it('puts nothing of a CAR that has a damaged block, or another root', async () => {
      const { dataDigest, blocks } = await epochBlocks(someEpoch(1))
      const car = await encodeCar(blocks)
      const damaged = Uint8Array.from(car)
      damaged[damaged.length - 1]! ^= 1
      const other = await faultOf(importCar(content, car, sha256(bytes('other'))))
      expect(isFault(other, 'INVALID_DOCUMENT') && other.message).to.contain(`root ${dataDigest}`)
      expect(isFault(await faultOf(importCar(content, damaged)), 'CONTENT_CORRUPT')).to.equal(true)
      for (const { bytes: block } of blocks) expect(await content.has(sha256(block))).to.equal(false)
      expect(await importCar(content, car, dataDigest)).to.equal(dataDigest)
    })

    it('given any damage: a typed fault, or the epoch that its root names', async () => {
      const { dataDigest, blocks } = await epochBlocks(someEpoch(1))
      const car = await encodeCar(blocks)
      const place = fc.nat(car.length - 1)
      const damage = fc.oneof(
        place.map(end => car.slice(0, end)),
        fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
          const bytes = Uint8Array.from(car)
          bytes[at]! ^= mask
          return bytes
        }),
        fc.uint8Array({ maxLength: 200 }),
      )
      await fc.assert(
        fc.asyncProperty(damage, async bytes => {
          const got = await importCar(content, bytes).catch((error: unknown) => error)
          if (typeof got === 'string') expect(got).to.equal(dataDigest)
          else expect(isFault(got, 'INVALID_DOCUMENT') || isFault(got, 'CONTENT_CORRUPT')).to.equal(true)
        }),
        { numRuns: 150 },
      )
    })
  })
})
