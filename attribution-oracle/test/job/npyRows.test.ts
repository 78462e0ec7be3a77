import { expect } from 'chai'
import { truncate, writeFile } from 'node:fs/promises'
import { encodeNpy } from '@open-datanets/onnx-engine'
import { NpyRows } from '../../src/job/npyRows'
import { faultsOf } from './failure'
import { floats, smallJob } from './smallJob'

describe('NpyRows', () => {
  const held = smallJob()

  for (const shape of [[3], [4, 3], [2, 5, 3]])
    it(`reads the rows of [${shape.join(', ')}] one at a time`, async () => {
      const array = floats(shape)
      await held.job.array('rows', array)
      const rows = await NpyRows.open('rows', held.job.path('rows.npy'))
      const all = await Promise.all(Array.from({ length: rows.count }, (_, i) => rows.read(i)))
      await rows.close()
      expect(all.map(({ row }) => row.shape)).to.deep.equal(all.map(() => [3]))
      expect(all.flatMap(({ row }) => [...(row.data as Float32Array)])).to.deep.equal([
        ...(array.data as Float32Array),
      ])
      expect(new Set(all.map(({ digest }) => digest)).size).to.equal(all.length)
    })

  it('refuses a missing file, other bytes, a cut file and columns-first order', async () => {
    const path = held.job.path('rows.npy')
    const fault = async () => (await faultsOf(NpyRows.open('rows', path)))[0]
    expect(await fault()).to.contain('cannot be read (ENOENT)')
    await writeFile(path, 'something else entirely')
    expect(await fault()).to.contain('no NPY file')
    const bytes = Buffer.from(encodeNpy(floats([4, 3])))
    await writeFile(path, bytes)
    await truncate(path, bytes.length - 5)
    expect(await fault()).to.contain('a whole array of rows')
    await writeFile(path, encodeNpy(floats([0, 3])))
    expect(await fault()).to.equal('rows: got no rows: shape [0, 3], expected one row or more')
    await writeFile(
      path,
      Buffer.from(
        bytes.toString('latin1').replace("'fortran_order': False", "'fortran_order': True "),
        'latin1',
      ),
    )
    expect(await fault()).to.contain('ascontiguousarray')
  })
})
