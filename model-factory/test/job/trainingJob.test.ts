import { expect } from 'chai'
import { compactJob, jobDigest, ModelFactoryError, parseJob } from '../../src'

const job = compactJob({
  name: 'solidity',
  seed: 'test',
  shards: 2,
  adapters: [{ name: 'math', match: '^math/' }],
})

const faultsOf = (value: unknown): readonly string[] => {
  try {
    parseJob(value)
    return []
  } catch (error) {
    if (error instanceof ModelFactoryError && error.code === 'INVALID_DOCUMENT')
      return (error as ModelFactoryError<'INVALID_DOCUMENT'>).data.faults
    throw error
  }
}

describe('parseJob', () => {
  it('reads back a job from its JSON, with the same digest', () => {
    const back = parseJob(JSON.parse(JSON.stringify(job)))
    expect(back).to.deep.equal(job)
    expect(jobDigest(back)).to.equal(jobDigest(job))
  })

  it('reports all faults together', () => {
    const faults = faultsOf({ ...job, vocabSize: 256, training: { ...job.training, steps: 0 }, extra: 1 })
    expect(faults.map(fault => fault.split(':')[0])).to.have.members([
      'vocabSize',
      'training.steps',
      '(document)',
      'checkpointsAt',
    ])
  })

  const changes: [string, object, string][] = [
    ['heads that do not divide the width', { causalLm: { ...job.causalLm, heads: 3 } }, 'causalLm.heads'],
    ['checkpoints that do not end with the training', { checkpointsAt: [150] }, 'checkpointsAt'],
    ['checkpoints that do not ascend', { checkpointsAt: [200, 200, 300] }, 'checkpointsAt'],
    ['a pattern that is none', { adapters: [{ ...job.adapters[0], match: '(' }] }, 'adapters.0.match'],
    ['an unknown target', { adapters: [{ ...job.adapters[0], targets: ['head'] }] }, 'adapters.0.targets.0'],
    ['another version', { version: 2 }, 'version'],
  ]
  for (const [what, change, path] of changes)
    it(`refuses ${what}`, () => {
      expect(faultsOf({ ...job, ...change }).map(fault => fault.split(':')[0])).to.deep.equal([path])
    })
})

describe('jobDigest', () => {
  it('changes with everything that the result depends on', () => {
    const digests = [
      job,
      { ...job, vocabSize: 2048 },
      { ...job, training: { ...job.training, seed: 'other' } },
      { ...job, training: { ...job.training, shards: 1 } },
      { ...job, checkpointsAt: [100, 300] },
      { ...job, adapters: [] },
    ].map(jobDigest)
    expect(new Set(digests).size).to.equal(digests.length)
  })
})
