import { openContentStore, sha256 } from '@open-datanets/content-store'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import path from 'node:path'
import { SCRATCH_AREA, sweepWhenFinal } from '../../src/work'
import { storesIn } from './workers'

const DAY_MS = 24 * 3600_000

describe('what was made for the work', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sweep-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** So many days from now, an epoch becomes final. */
  async function finalIn(days: number, epoch = 1): Promise<void> {
    const failures: unknown[] = []
    const sweep = sweepWhenFinal(
      ['https://gateway.example/content', folder],
      event => failures.push(event),
      () => Date.now() + days * DAY_MS,
    )
    sweep({ kind: 'epoch', epoch, state: 'settled' })
    sweep({ kind: 'epoch', epoch, state: 'final' })
    await sleep(50)
    expect(failures).to.deep.equal([])
  }

  it('goes eight days after it was last put there, when an epoch becomes final; content stays', async () => {
    const { content, scratch } = storesIn(folder)
    const bytes = new TextEncoder().encode('a result, and the same bytes published')
    const digest = sha256(bytes)
    await content.put(bytes)
    await scratch.put(bytes)
    await finalIn(7.9)
    expect(await scratch.has(digest)).to.equal(true)
    await finalIn(8.1)
    for (const end = Date.now() + 10_000; await scratch.has(digest); await sleep(5))
      expect(Date.now(), 'swept').to.be.below(end)
    expect(await content.get(digest)).to.deep.equal(bytes)
    // an area that nobody has used
    await finalIn(19)
  })

  it('is as old as its last use, not its first', async () => {
    const area = openContentStore({ stores: [folder], area: SCRATCH_AREA })
    const digest = await area.put(new Uint8Array([1]))
    await sleep(30)
    const between = Date.now()
    await sleep(30)
    await area.put(new Uint8Array([1]))
    const sweep = sweepWhenFinal(
      [folder],
      () => undefined,
      () => between + 8 * DAY_MS,
    )
    sweep({ kind: 'epoch', epoch: 1, state: 'final' })
    await sleep(50)
    expect(await area.has(digest)).to.equal(true)
  })
})
