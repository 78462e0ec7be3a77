import { canonicalBytes, sha256 } from '@open-datanets/content-store'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jobDigest, parseJob, trainingManifest } from '../../src'
import { snapshotDocument } from '../../src/documents/snapshot'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '../vectors', `${name}.v1.json`), 'utf8'))

describe('documents of version 1', () => {
  const cases: [string, (value: unknown) => unknown, string][] = [
    [
      'snapshot',
      value => snapshotDocument.parse(value),
      '0x73f4f776359a2a7d055ac53ea06a628e6762b9afc6d483be93e5bc27cc35eaf7',
    ],
    ['training-job', parseJob, '0xa95a9fb991b5db6a96c93aa6f03f9fce66b794b7466c36e6f5558b11a4ce9b82'],
    [
      'training-manifest.base',
      value => trainingManifest.parse(value),
      '0xc9ff4e1e0590862fa1a76b01d57c6d799d142e1bf0e6fca6c1a68910ae578841',
    ],
    [
      'training-manifest.adapter',
      value => trainingManifest.parse(value),
      '0x68118ef1d6def32f6ca22b8684840691659d045f7509a16f54f15439997e88c2',
    ],
  ]
  for (const [name, parse, digest] of cases)
    it(`load and keep their digest: ${name}`, () => {
      expect(sha256(canonicalBytes(parse(read(name))))).to.equal(digest)
    })

  it('name a job by the same digest that its manifest carries', () => {
    const job = parseJob(read('training-job'))
    expect(jobDigest(job)).to.equal(cases[1]![2])
  })
})
