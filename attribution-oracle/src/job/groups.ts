import { fileDigest, readArray, shapeText, splitName, type NamedDigest } from './arrayFile'
import type { JobFaults } from './faults'
import type { JobFile } from './readJob'
import { wholeNumbers } from './tensors'

export interface Groups {
  /** [n_train], from 0 */
  readonly of: Int32Array
  readonly count: number
  readonly file: NamedDigest
}

/** The most groups that are summed; beyond it the file more likely holds something else. */
const MOST = 1 << 24

const NUMBERS = 'an NPY of whole numbers from 0; of names: np.unique(names, return_inverse=True)[1]'

/** The contributor of every training row. */
export async function readGroups(
  { job, pathOf }: JobFile,
  rows: number,
  faults: JobFaults,
): Promise<Groups | undefined> {
  if (job.groups === undefined) return undefined
  const { path, entry } = splitName(pathOf(job.groups))
  return faults.reading(
    'groups',
    async () => {
      const array = await readArray('groups', path, entry)
      if (array.shape.length !== 1 || array.shape[0] !== rows) {
        faults.add('groups', shapeText(array.shape), `[${rows}], one for every training row`)
        return undefined
      }
      const of = wholeNumbers(array, { name: 'groups', faults, notes: [] })
      if (!of) return undefined
      const outside = of.findIndex(group => group < 0 || group >= MOST)
      if (outside >= 0) {
        faults.add('groups', `${of[outside]} at row ${outside}`, 'numbers of contributors, from 0')
        return undefined
      }
      const count = 1 + of.reduce((most, group) => Math.max(most, group), -1)
      return { of, count, file: { name: 'groups', digest: await fileDigest(path) } }
    },
    NUMBERS,
  )
}
