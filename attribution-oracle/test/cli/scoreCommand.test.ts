import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { smallJob } from '../job/smallJob'

const MAIN = join(__dirname, '../../src/main.ts')

const cli = (args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise(resolve => {
    execFile(process.execPath, ['--require', 'tsx/cjs', MAIN, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })

describe('attribution-oracle score', () => {
  const held = smallJob()

  it('writes scores and a receipt, prints a summary, and needs no configuration', async () => {
    const job = await held.job.write()
    const { code, out, err } = await cli(['score', '--job', job, '--out', held.job.path('s.npy'), '--json'])
    expect([code, err]).to.satisfy(
      ([code, err]: [number, string]) => code === 0 && !err.includes('error'),
      err,
    )
    const answer = JSON.parse(out) as Record<string, unknown>
    expect(answer).to.include({ method: 'hybrid', samples: 24, queries: 4, checkpoints: 1 })
    expect(await readdir(held.job.folder)).to.include.members(['s.npy', 's.receipt.json'])
    const last = err.trim().split('\n').at(-1)!
    expect(JSON.parse(last)).to.include({ event: 'progress', stage: 'score', done: 1000, total: 1000 })
  })

  it('ends with 2 and all faults for a job that is wrong, and writes nothing', async () => {
    const job = await held.job.write({ task: 'clustering', model: 7 })
    const { code, err } = await cli(['score', '--job', job, '--out', held.job.path('s.npy')])
    expect(code).to.equal(2)
    expect(err)
      .to.contain('The job has 2 faults')
      .and.to.contain('task: got "clustering"')
      .and.to.contain('model: got 7')
    expect(await readdir(held.job.folder)).to.not.include('s.npy')
  })

  it('ends with 2 for broken JSON, a job that is not there, and missing flags', async () => {
    await writeFile(held.job.path('job.json'), '{"format":')
    const out = held.job.path('s.npy')
    for (const args of [
      ['--job', held.job.path('job.json'), '--out', out],
      ['--job', held.job.path('none.json'), '--out', out],
      [],
    ])
      expect((await cli(['score', ...args])).code).to.equal(2)
  })
})
