import { expect } from 'chai'
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AttributionOracleError } from '../../src/errors'
import { dequantiseRows, FeatureStore, quantiseRows } from '../../src/featureStore'
import { DIMS, featureOf, featuresOf, identity, keyOf, keysOf, scene } from './store'

const SHARD = { shardBytes: 32 * 40, pageBytes: 32 * 7 } // 40 rows a shard, 7 a page: neither divides the other

const counting = () => {
  const asked: number[] = []
  return {
    asked,
    compute: async (samples: readonly number[]) => (asked.push(...samples), featuresOf(samples)),
  }
}
const failure = (work: Promise<unknown>): Promise<AttributionOracleError> =>
  work.then(
    () => expect.fail('nothing was thrown'),
    (error: AttributionOracleError) => error,
  )
const shardsIn = async (folder: string) => (await readdir(folder)).filter(name => name.endsWith('.features'))

describe('FeatureStore', () => {
  const place = scene()

  describe('append', () => {
    it('computes only what is new: 10 % more samples cost 10 %', async () => {
      const first = counting()
      const store = await place.open(SHARD)
      expect(await store.append(1, keysOf(0, 100), first.compute)).to.equal(100)
      const second = counting()
      expect(await store.append(2, keysOf(0, 110), second.compute)).to.equal(10)
      expect(second.asked).to.deep.equal([100, 101, 102, 103, 104, 105, 106, 107, 108, 109])
      expect(store.rows).to.equal(110)
    })

    it('leaves the shards of earlier epochs as they were', async () => {
      const store = await place.open(SHARD)
      await store.append(1, keysOf(0, 100), counting().compute)
      const before = store.record.shards
      await store.append(2, keysOf(50, 150), counting().compute)
      expect(store.record.shards.slice(0, before.length)).to.deep.equal(before)
      expect(store.record.shards.map(({ epoch, rows }) => [epoch, rows])).to.deep.equal([
        [1, 40],
        [1, 40],
        [1, 20],
        [2, 40],
        [2, 10],
      ])
    })

    it('computes equal samples once', async () => {
      const { asked, compute } = counting()
      const store = await place.open()
      expect(await store.append(1, [keyOf(3), keyOf(4), keyOf(3)], compute)).to.equal(2)
      expect(asked).to.deep.equal([0, 1])
      expect([...store.positions([keyOf(3), keyOf(4), keyOf(3)])]).to.deep.equal([0, 1, 0])
    })

    it('gives equal bytes for equal samples, so that shards are named alike everywhere', async () => {
      const store = await place.open(SHARD)
      await store.append(1, keysOf(0, 60), counting().compute)
      const names = await shardsIn(place.folder)
      await store.close()
      await rm(join(place.folder, 'manifest.json'))
      await (await place.open(SHARD)).append(1, keysOf(0, 60), counting().compute)
      expect(await shardsIn(place.folder)).to.deep.equal(names)
    })

    it('adds nothing for no samples', async () => {
      const store = await place.open()
      expect(await store.append(1, [], counting().compute)).to.equal(0)
      expect(await store.products([new Float64Array(DIMS)])).to.have.length(0)
    })

    it('refuses an earlier epoch, NaN (naming the sample) and a wrong number of features', async () => {
      const store = await place.open()
      await store.append(2, keysOf(0, 1), async () => featureOf(0))
      expect(await failure(store.append(1, keysOf(1, 2), async () => featureOf(1)))).to.include({
        code: 'INVALID_ARGUMENT',
      })
      const withNaN = async () => Float32Array.from([...featureOf(1), ...featureOf(2).fill(NaN)])
      expect((await failure(store.append(2, keysOf(0, 3), withNaN))).message).to.contain('sample 2 with NaN')
      expect((await failure(store.append(2, keysOf(0, 3), async () => featureOf(1)))).message).to.contain(
        '2 rows of 20',
      )
      expect(store.rows).to.equal(1)
    })
  })

  describe('products', () => {
    it('are those of the dequantised rows, across shards and pages', async () => {
      const store = await place.open(SHARD)
      await store.append(1, keysOf(0, 100), counting().compute)
      const vectors = [featureOf(1000), featureOf(1001), featureOf(1002)]
      const products = await store.products(vectors)
      const rows = dequantiseRows(quantiseRows(featuresOf(Array.from({ length: 100 }, (_, i) => i)), DIMS))
      for (let i = 0; i < 100; i++)
        for (const [v, vector] of vectors.entries()) {
          const exact = vector.reduce((sum, x, j) => sum + x * rows[i * DIMS + j]!, 0)
          expect(products[3 * i + v]).to.be.closeTo(exact, 2e-4)
        }
    })

    it('are the same bits for any size of page', async () => {
      const store = await place.open(SHARD)
      await store.append(1, keysOf(0, 100), counting().compute)
      const products = await store.products([featureOf(7)])
      expect(await (await place.open()).products([featureOf(7)])).to.deep.equal(products)
    })
  })

  describe('opened again', () => {
    it('holds what was added and goes on', async () => {
      await (await place.open(SHARD)).append(1, keysOf(0, 100), counting().compute)
      const again = await place.open(SHARD)
      const { asked, compute } = counting()
      expect(await again.append(2, keysOf(90, 105), compute)).to.equal(5)
      expect(asked).to.deep.equal([10, 11, 12, 13, 14])
      expect([...again.positions([keyOf(104)])]).to.deep.equal([104])
    })

    it('goes on after a crash in the middle of an epoch with what was not committed', async () => {
      const store = await place.open(SHARD)
      let calls = 0
      const crashing = async (samples: readonly number[]) => {
        if (++calls === 2) throw new RangeError('crash')
        return featuresOf(samples)
      }
      expect(await failure(store.append(1, keysOf(0, 100), crashing))).to.be.instanceOf(RangeError)
      await writeFile(join(place.folder, 'abc.features.partial'), 'half a shard')
      const { asked, compute } = counting()
      const again = await place.open(SHARD)
      expect(await again.append(1, keysOf(0, 100), compute)).to.equal(60)
      expect(asked[0]).to.equal(40)
      expect((await readdir(place.folder)).some(name => name.endsWith('.partial'))).to.equal(false)
    })

    it('ignores a shard that was renamed but never named by a manifest', async () => {
      const store = await place.open(SHARD)
      await store.append(1, keysOf(0, 40), counting().compute)
      const manifest = await readFile(join(place.folder, 'manifest.json'))
      await store.append(2, keysOf(40, 80), counting().compute)
      await writeFile(join(place.folder, 'manifest.json'), manifest)
      const again = await place.open(SHARD)
      expect(again.rows).to.equal(40)
      expect(await again.append(2, keysOf(40, 80), counting().compute)).to.equal(40)
    })

    it('refuses features of another checkpoint, and names the field', async () => {
      await (await place.open()).append(1, keysOf(0, 3), counting().compute)
      const other = { ...identity, checkpoint: identity.model }
      const error = await failure(FeatureStore.open(place.folder, other))
      expect(error.code).to.equal('STORE_MISMATCH')
      expect(error.data).to.include({ field: 'checkpoint' })
    })

    it('refuses to write over what another process wrote', async () => {
      const [one, two] = [await place.open(), await place.open()]
      await one.append(1, keysOf(0, 3), counting().compute)
      expect((await failure(two.append(1, keysOf(0, 4), counting().compute))).code).to.equal('STORE_MISMATCH')
    })
  })

  describe('a damaged shard', () => {
    const damaged = async (how: (path: string) => Promise<unknown>) => {
      const store = await place.open(SHARD)
      await store.append(1, keysOf(0, 100), counting().compute)
      await store.close()
      const { digest } = store.record.shards[1]!
      await how(join(place.folder, `${digest.slice(2)}.features`))
    }

    it('is found by its digest when it is first read', async () => {
      await damaged(async path => {
        const bytes = await readFile(path)
        bytes[bytes.length - 20]! ^= 1
        await writeFile(path, bytes)
      })
      const error = await failure((await place.open(SHARD)).products([featureOf(0)]))
      expect(error.code).to.equal('STORE_CORRUPT')
      expect(error.message).to.contain('SHA-256')
      expect((await failure((await place.open(SHARD)).verify())).code).to.equal('STORE_CORRUPT')
    })

    it('is found at once when it is cut short, gone, or something else', async () => {
      await damaged(path => truncate(path, 100))
      expect((await failure(place.open(SHARD))).code).to.equal('STORE_CORRUPT')
      await rm(join(place.folder, 'manifest.json'))
      await damaged(path => rm(path))
      expect((await failure(place.open(SHARD))).message).to.contain('no readable file')
      await writeFile(join(place.folder, 'manifest.json'), '{"format":"other"}')
      expect((await failure(place.open(SHARD))).message).to.contain('manifest.json')
    })
  })
})
