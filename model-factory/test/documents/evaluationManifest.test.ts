import { canonicalBytes, sha256 } from '@open-datanets/content-store'
import { expect } from 'chai'
import { rm } from 'node:fs/promises'
import { readHeldOut } from '../../src'
import { faultOf } from '../scene/faultOf'
import { emptyStore } from '../scene/trainingScene'

describe('readHeldOut', () => {
  let store: Awaited<ReturnType<typeof emptyStore>>
  before(async () => (store = await emptyStore()))
  after(() => rm(store.folder, { recursive: true }))

  it('fetches the files of an evaluation manifest in its order', async () => {
    const { content } = store
    const items = []
    for (const name of ['b.sol', 'a.sol'])
      items.push({ name, digest: await content.put(Buffer.from(name)), size: name.length })
    const manifest = { format: 'open-datanets/evaluation', version: 1, salt: 'salt', items }
    const digest = await content.put(canonicalBytes(manifest))
    const heldOut = await readHeldOut(digest, content)
    expect(heldOut.digest).to.equal(digest)
    expect(heldOut.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).to.deep.equal([
      ['b.sol', 'b.sol'],
      ['a.sol', 'a.sol'],
    ])
  })

  it('refuses a document of another format', async () => {
    const digest = await store.content.put(canonicalBytes({ format: 'open-datanets/batch', version: 1 }))
    expect((await faultOf(readHeldOut(digest, store.content)))?.code).to.equal('INVALID_DOCUMENT')
  })

  it('refuses a manifest that is not there with the fault of the store', async () => {
    const error: unknown = await readHeldOut(sha256(Buffer.from('nothing')), store.content).catch(
      fault => fault,
    )
    expect(error).to.have.property('code', 'CONTENT_MISSING')
  })
})
