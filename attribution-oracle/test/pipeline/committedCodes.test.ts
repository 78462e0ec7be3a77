import { expect } from 'chai'
import { ContentStoreError } from '@open-datanets/content-store'
import { readFile } from 'node:fs/promises'
import { importCar, readEpoch } from '../../src/content'
import type { ContentStore, Digest, Post } from '../../src/domain'
import { publishedFiles, runEpoch, verifyProposal } from '../../src/pipeline'
import { codedScorer, type Machine } from '../scene/codedScorer'
import { Datanet, type OracleProcess } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

const TOLERANCE = { tolerancePpm: 20 }

describe('an epoch that commits to its codes', () => {
  let datanet: Datanet
  const open: OracleProcess[] = []
  const on = async (name: string, machine: Machine): Promise<OracleProcess> => {
    const oracle = { ...(await datanet.oracle(name)), scoreEpoch: codedScorer(machine) }
    open.push(oracle)
    return oracle
  }
  const settled = async (oracle: OracleProcess): Promise<Post> => (await runEpoch(oracle, 1)).post!

  before(async () => {
    datanet = await Datanet.start()
    await datanet.contribute(4, [SOURCES.counter, SOURCES.purse])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1, 2])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
  })
  after(async () => {
    for (const oracle of open) await oracle.store.close()
    await datanet?.stop()
  })

  it('is agreed with by another machine, to the last wei', async () => {
    const post = await settled(await on('operator', {}))
    const verifier = await on('verifier', { drift: 1e-4 })
    const finding = await verifyProposal(verifier, post, { tolerancePpm: 0 })
    expect(finding.differences).to.deep.equal([])
    expect(finding.honest).to.deep.equal(post)
  })

  it('is not where a value does not follow from the codes, however little it is off', async () => {
    const post = await settled(await on('skimmer', { skim: 1e-6 }))
    const { differences } = await verifyProposal(await on('strict', {}), post, TOLERANCE)
    expect(differences.map(({ part }) => part)).to.include('scores')
  })

  it('is not where the codes are far from what they should be, or withheld', async () => {
    const far = await settled(await on('far', { drift: 1e-2 }))
    const verifier = await on('judge', {})
    const found = await verifyProposal(verifier, far, TOLERANCE)
    expect(found.differences[0]?.part).to.equal('header')

    // near enough by the shares alone, but nobody can say what they were computed from
    const near = await settled(await on('near', { drift: 1e-9 }))
    const { header } = await readEpoch(datanet.content, near.dataDigest)
    const content = withholding(datanet.content, header.scoring.codes!)
    const { differences } = await verifyProposal({ ...verifier, content }, near, TOLERANCE)
    expect(differences[0]?.part).to.equal('header')
  })

  it('has its codes in the CAR', async () => {
    const oracle = await on('publisher', {})
    const { header } = await readEpoch(datanet.content, (await settled(oracle)).dataDigest)
    const blocks = new Set<string>()
    const content: ContentStore = {
      ...datanet.content,
      put: async bytes => {
        const digest = await datanet.content.put(bytes)
        blocks.add(digest)
        return digest
      },
    }
    await importCar(content, await readFile(publishedFiles(oracle.publishFolder, 1).car))
    expect(blocks.has(header.scoring.codes!)).to.equal(true)
  })
})

function withholding(content: ContentStore, hidden: Digest): ContentStore {
  return {
    ...content,
    get: (digest, most) =>
      digest === hidden
        ? Promise.reject(new ContentStoreError('CONTENT_MISSING', { digest, path: 'nowhere' }))
        : content.get(digest, most),
  }
}
