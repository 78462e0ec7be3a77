import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { openContentStore, sha256, type Digest } from '@open-datanets/content-store'
import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { itemsTree, type BatchManifest } from '../../scripts/batchManifest'
import { contribute, contributeFiles } from '../../scripts/contribute'
import { createDatanet } from '../../scripts/createDatanet'
import { caught } from './caught'
import { deployExample } from './deployExample'
import { temporaryFolder } from './temporaryFolder'

// The head of a contributor who has committed nothing yet.
const HEAD_BYTES = 22

const FILES = ['contract A {}', 'contract B {}', 'contract C {}', 'contract D {}', 'contract E {}'].map(
  (text, i) => ({ name: `${i}.sol`, bytes: Buffer.from(text) }),
)

describe('contribute', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [owner, alice, bob] = await ethers.getSigners()
    const registry = (await deployExample(owner!)).datanetRegistry
    const { datanetId } = await createDatanet(registry.connect(owner!), { name: 'Solidity code' })
    return { registry, datanetId, owner: owner!, alice: alice!, bob: bob! }
  }

  it('commits what the contract itself verifies, item by item', async () => {
    const { registry, datanetId, alice } = await loadFixture(fixture)
    const content = openContentStore(folder())
    const { contributor, contributorIndex, batches } = await contributeFiles(registry.connect(alice), FILES, {
      datanetId,
      content,
    })
    expect([contributor, contributorIndex, batches.length]).to.deep.equal([alice.address, 0, 1])
    const { batchId, items, firstContributionId, itemsRoot, manifestDigest } = batches[0]!
    expect([batchId, firstContributionId]).to.deep.equal([0n, 0n])
    const scope = { chainId: 31337n, registry: await registry.getAddress(), datanetId, contributor }
    const tree = itemsTree(scope, items)
    const batch = { datanetId, firstContributionId, itemCount: items.length, itemsRoot, manifestDigest }
    const proof = { batch, headBefore: `0x${'00'.repeat(HEAD_BYTES)}`, laterBatches: [] }
    for (const [i, { digest, salt }] of items.entries()) {
      expect(await registry.verifyItem(proof, i, digest, salt, tree.getProof(i))).to.equal(true)
      expect(await registry.verifyItem(proof, (i + 1) % 5, digest, salt, tree.getProof(i))).to.equal(false)
    }
  })

  it('leaves the bytes and the manifest in the content store', async () => {
    const { registry, datanetId, alice } = await loadFixture(fixture)
    const content = openContentStore(folder())
    const { batches } = await contributeFiles(registry.connect(alice), FILES, { datanetId, content })
    const { items, manifestDigest } = batches[0]!
    for (const [i, { digest, size, name }] of items.entries()) {
      expect(Buffer.from(await content.get(digest))).to.deep.equal(FILES[i]!.bytes)
      expect([size, name]).to.deep.equal([FILES[i]!.bytes.length, FILES[i]!.name])
    }
    const bytes = await content.get(manifestDigest)
    expect(sha256(bytes)).to.equal(manifestDigest)
    const manifest: BatchManifest = JSON.parse(Buffer.from(bytes).toString())
    expect(manifest).to.deep.equal({
      format: 'open-datanets/batch',
      version: 1,
      datanetId,
      contributor: alice.address,
      items,
    })
  })

  it('splits into batches with dense contribution ids, and tells each', async () => {
    const { registry, datanetId, alice } = await loadFixture(fixture)
    const progress: number[] = []
    const { batches } = await contributeFiles(registry.connect(alice), FILES, {
      datanetId,
      content: openContentStore(folder()),
      batchSize: 2,
      onProgress: ({ done, total }) => progress.push(done, total),
    })
    expect(batches.map(({ firstContributionId }) => firstContributionId)).to.deep.equal([0n, 2n, 4n])
    expect(batches.map(({ items }) => items.length)).to.deep.equal([2, 2, 1])
    expect(progress).to.deep.equal([2, 5, 4, 5, 5, 5])
    expect(await registry.contributionCountOf(alice)).to.equal(5n)
  })

  describe('salts', () => {
    async function salts(
      saltSeed: string | undefined,
      contributor: 'alice' | 'bob' = 'alice',
    ): Promise<Digest[]> {
      const setting = await loadFixture(fixture)
      const { batches } = await contributeFiles(setting.registry.connect(setting[contributor]), FILES, {
        datanetId: setting.datanetId,
        content: openContentStore(folder()),
        ...(saltSeed === undefined ? {} : { saltSeed }),
      })
      return batches.flatMap(({ items }) => items.map(({ salt }) => salt))
    }

    it('are the same again from the same seed, and distinct', async () => {
      const first = await salts('seed')
      expect(await salts('seed')).to.deep.equal(first)
      expect(new Set(first).size).to.equal(FILES.length)
    })

    it('differ by seed, by contributor, and each time without a seed', async () => {
      const first = (await salts('seed'))[0]
      expect((await salts('other'))[0]).to.not.equal(first)
      expect((await salts('seed', 'bob'))[0]).to.not.equal(first)
      expect((await salts(undefined))[0]).to.not.equal((await salts(undefined))[0])
    })
  })

  it('sends nothing and stores nothing when one file is bad', async () => {
    const { registry, datanetId, alice } = await loadFixture(fixture)
    const source = join(folder(), 'source')
    await mkdir(source)
    await writeFile(join(source, 'a.sol'), 'contract A {}')
    await writeFile(join(source, 'b.sol'), '')
    const content = openContentStore(join(folder(), 'store'))
    const error = await caught(
      'FILE_EMPTY',
      contribute(registry.connect(alice), { paths: [source], datanetId, content }),
    )
    expect(error.data.path).to.equal('b.sol')
    expect(await registry.contributionCountOf(alice)).to.equal(0n)
    expect(await content.has(sha256(Buffer.from('contract A {}')))).to.equal(false)
  })

  it('names a datanet that does not exist', async () => {
    const { registry, alice } = await loadFixture(fixture)
    for (const datanetId of [0, 2, 1.5]) {
      const work = contributeFiles(registry.connect(alice), FILES, {
        datanetId,
        content: openContentStore(folder()),
      })
      expect((await caught('DATANET_UNKNOWN', work)).data.datanetId).to.equal(datanetId)
    }
  })

  it('decodes what the contract refuses: an account that is not on the list', async () => {
    const { registry, owner, alice } = await loadFixture(fixture)
    const { datanetId } = await createDatanet(registry.connect(owner), {
      name: 'closed',
      policy: 'allow-list',
    })
    const content = openContentStore(folder())
    const refused = contributeFiles(registry.connect(alice), FILES, { datanetId, content })
    const { data } = await caught('TRANSACTION_REVERTED', refused)
    expect(data.got).to.equal(`DatanetRegistry_NotContributor(${datanetId}, ${alice.address})`)
    await registry.connect(owner).setContributor(datanetId, alice, true)
    expect(
      (await contributeFiles(registry.connect(alice), FILES, { datanetId, content })).batches,
    ).to.have.length(1)
  })

  it('refuses a batch size that is none, and a registry that can only read', async () => {
    const { registry, datanetId, alice } = await loadFixture(fixture)
    const content = openContentStore(folder())
    for (const batchSize of [0, -1, 1.5]) {
      const work = contributeFiles(registry.connect(alice), FILES, { datanetId, content, batchSize })
      expect((await caught('ARGUMENT_INVALID', work)).data.name).to.equal('batchSize')
    }
    const reader = registry.connect(ethers.provider)
    const error = await caught('ARGUMENT_INVALID', contributeFiles(reader, FILES, { datanetId, content }))
    expect(error.data.expected).to.equal('one connected to a signer')
  })

  it('stops between batches when aborted', async () => {
    const { registry, datanetId, alice } = await loadFixture(fixture)
    const controller = new AbortController()
    const work = contributeFiles(registry.connect(alice), FILES, {
      datanetId,
      content: openContentStore(folder()),
      batchSize: 2,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    const error: Error = await work.then(
      () => expect.fail('not aborted'),
      caughtError => caughtError,
    )
    expect(error.name).to.equal('AbortError')
    expect(await registry.contributionCountOf(alice)).to.equal(2n)
  })
})
