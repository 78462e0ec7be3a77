import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh folder for each test of the suite that calls this; gone after it. */
export function temporaryFolder(): () => string {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'open-datanets-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  return () => folder
}
