import { expect } from 'chai'
import fc from 'fast-check'
import type { NpyArray } from '@open-datanets/onnx-engine'
import { JobFaults } from '../../src/job/faults'
import { readEvidence } from '../../src/job/evidence'
import { readJob } from '../../src/job'
import { floats, smallJob } from './smallJob'

/** What np.packbits(axis=1) gives. */
function packed(masks: readonly (readonly number[])[]): NpyArray {
  const width = Math.ceil(masks[0]!.length / 8)
  const data = new Uint8Array(masks.length * width)
  masks.forEach((mask, s) => mask.forEach((bit, i) => (data[s * width + (i >> 3)]! |= bit << (7 - (i & 7)))))
  return { shape: [masks.length, width], dtype: 'uint8', data }
}

const plain = (masks: readonly (readonly number[])[], dtype: 'bool' | 'uint8' = 'bool'): NpyArray => ({
  shape: [masks.length, masks[0]!.length],
  dtype,
  data: Uint8Array.from(masks.flat()),
})

describe('evidence of the audit', () => {
  const held = smallJob()
  const read = async (masks: NpyArray, losses: NpyArray, rows: number, queries: number) => {
    await held.job.array('m', masks)
    await held.job.array('l', losses)
    const faults = new JobFaults()
    const file = await readJob(await held.job.write({ audit: { masks: 'm.npy', losses: 'l.npy' } }))
    const evidence = await readEvidence(file, rows, queries, faults)
    return {
      evidence,
      faults: faults.found.map(({ name, got, expected }) => `${name}: got ${got}, expected ${expected}`),
    }
  }

  it('is the same from bits, bools and bytes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 20 }).chain(rows =>
          fc.array(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: rows, maxLength: rows }), {
            minLength: 8,
            maxLength: 9,
          }),
        ),
        async masks => {
          fc.pre(new Set(masks.map(String)).size > 1)
          const rows = masks[0]!.length
          for (const form of [packed(masks), plain(masks), plain(masks, 'uint8')]) {
            const { evidence } = await read(form, floats([masks.length, 2]), rows, 2)
            expect([...evidence!.masks]).to.deep.equal(masks.flat())
          }
        },
      ),
      { numRuns: 25 },
    ))

  const masks = Array.from({ length: 8 }, (_, s) => [s % 2, 1, 0, 1])

  it('takes the mean loss of each model, too', async () => {
    expect((await read(plain(masks), floats([8]), 4, 3)).evidence).to.include({ subsets: 8, columns: 1 })
    expect((await read(plain(masks), floats([8, 3]), 4, 3)).evidence).to.include({ subsets: 8, columns: 3 })
  })

  it('is refused where counts differ, with both counts', async () => {
    expect((await read(plain(masks), floats([8, 3]), 5, 3)).faults[0]).to.contain(
      'got bool [8, 4], expected [subsets, 5]',
    )
    expect((await read(plain(masks), floats([7, 3]), 4, 3)).faults).to.deep.equal([
      'audit.losses: got [7, 3], expected [8, 3], or [8] for the mean over queries',
    ])
    expect((await read(plain(masks.slice(1)), floats([7, 3]), 4, 3)).faults[0]).to.contain(
      '7 subsets, expected 8 or more',
    )
  })

  it('is refused with entries that are no mask or no loss', async () => {
    expect(
      (await read(plain([[2, 0, 0, 0], ...masks.slice(1)], 'uint8'), floats([8, 3]), 4, 3)).faults[0],
    ).to.contain('2 at subset 0, row 0')
    const losses = floats([8, 3])
    ;(losses.data as Float32Array)[5] = Infinity
    expect((await read(plain(masks), losses, 4, 3)).faults).to.deep.equal([
      'audit.losses: got Infinity at position 5, expected finite losses',
    ])
  })

  it('is refused where it can rank nothing: one subset many times, losses that never move', async () => {
    const same = await read(plain(Array<number[]>(8).fill([1, 0, 0, 1])), floats([8, 3]), 4, 3)
    expect(same.faults).to.deep.equal([
      'audit.masks: got the same rows in all 8 subsets, expected subsets that differ',
    ])
    const still = { ...floats([8, 3]), data: Float32Array.from({ length: 24 }, (_, i) => i % 3) }
    expect((await read(plain(masks), still, 4, 3)).faults).to.deep.equal([
      'audit.losses: got the same losses for all 8 subsets, expected losses of models trained on them',
    ])
  })
})
