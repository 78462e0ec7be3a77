import { expect } from 'chai'
import { readFile, writeFile } from 'node:fs/promises'
import type { z } from 'zod'
import {
  attestationsSchema,
  contributionSchema,
  epochSchema,
  figuresSchema,
  manifestSchema,
  modelSchema,
  pageSchema,
  postSchema,
} from '../../src/api/schemas'
import { importCar } from '../../src/content'
import { canonicalJson, type Digest } from '../../src/domain'
import { attestationFile, explainContribution, publishedFiles, treeBuilder } from '../../src/pipeline'
import { checkWholeTreeFile } from '../../src/settlement'
import { serve, startServedDatanet, type ServedDatanet } from '../scene/servedDatanet'

describe('epochs over HTTP', () => {
  let scene: ServedDatanet
  let served: Awaited<ReturnType<typeof serve>>
  before(async () => {
    scene = await startServedDatanet()
    served = await serve(scene, scene.operator.publishFolder, {}, { store: scene.operator.store })
  })
  after(async () => {
    await served?.stop()
    await scene?.stop()
  })

  const fetched = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(served.api.url + path, init)
  /** The answer, which has to be what the interface promises. */
  const get = async <T>(schema: z.ZodType<T>, path: string): Promise<T> => {
    const response = await fetched(path)
    const body: unknown = await response.json()
    expect(response.status, JSON.stringify(body)).to.equal(200)
    return schema.parse(body)
  }

  it('lists epochs, the newest first, with what the chain says of each', async () => {
    const { items, next } = await get(pageSchema(epochSchema), '/v1/epochs')
    expect(items.map(({ epoch, state }) => [epoch, state])).to.deep.equal([
      [2, 'submitted'],
      [1, 'final'],
    ])
    expect(next).to.equal(null)
    expect(items[1]!.posts.map(({ status }) => status)).to.deep.equal(['final'])
    expect(await get(epochSchema, '/v1/epochs/1')).to.deep.equal(items[1])
  })

  it('gives the post in the very document that operators sign', async () => {
    const post = await get(postSchema, '/v1/epochs/2/post')
    const file = await readFile(publishedFiles(scene.operator.publishFolder, 2).proposal, 'utf8')
    expect(canonicalJson(post)).to.equal(file)
  })

  it('gives the manifest of an epoch, whose pools add up to what it paid', async () => {
    const manifest = await get(manifestSchema, '/v1/epochs/1/manifest')
    expect(manifest.pools.map(({ kind, id }) => [kind, id])).to.deep.equal([
      ['datanet', 1],
      ['model', 2],
    ])
    const sum = manifest.pools.reduce((total, { amount }) => total + BigInt(amount), 0n)
    expect([String(sum), manifest.ledgerRoot]).to.deep.equal([manifest.total, scene.first.ledgerRoot])
  })

  it('gives the tree file and the CAR, byte for byte, whole or by range', async () => {
    const { operator, datanet } = scene
    const { tree, car } = publishedFiles(operator.publishFolder, 1)
    const answer = await fetched('/v1/epochs/1/tree')
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect(bytes.equals(await readFile(tree))).to.equal(true)
    expect(answer.headers.get('cache-control')).to.include('immutable')
    const trees = treeBuilder(operator.keccak, operator.system)
    expect(checkWholeTreeFile(trees, 'tree.bin', bytes).ledgerRoot).to.equal(scene.first.ledgerRoot)
    const carBytes = Buffer.from(await (await fetched('/v1/epochs/1/car')).arrayBuffer())
    expect(await importCar(datanet.content, carBytes)).to.equal(scene.first.dataDigest)
    expect(carBytes.equals(await readFile(car))).to.equal(true)
    for (const [range, from, to] of [
      ['bytes=10-19', 10, 20],
      ['bytes=-7', bytes.length - 7, bytes.length],
      [`bytes=${bytes.length - 1}-`, bytes.length - 1, bytes.length],
    ] as const) {
      const part = await fetched('/v1/epochs/1/tree', { headers: { range } })
      expect([part.status, Buffer.from(await part.arrayBuffer())], range).to.deep.equal([
        206,
        bytes.subarray(from, to),
      ])
    }
    const beyond = await fetched('/v1/epochs/1/tree', { headers: { range: `bytes=${bytes.length}-` } })
    expect(beyond.status).to.equal(416)
    const head = await fetched('/v1/epochs/1/tree', { method: 'HEAD' })
    expect(head.headers.get('content-length')).to.equal(String(bytes.length))
    const again = { 'if-none-match': answer.headers.get('etag')! }
    expect((await fetched('/v1/epochs/1/tree', { headers: again })).status).to.equal(304)
  })

  it('gives the words of operators that lie beside an epoch, and nothing else that lies there', async () => {
    const { operator } = scene
    const attestation = {
      format: 'open-datanets/attestation' as const,
      version: 1 as const,
      chainId: 31337,
      oracle: operator.system.vault,
      epoch: 2,
      operator: scene.datanet.operator.address,
      digest: `0x${'ab'.repeat(32)}` as Digest,
      signature: `0x${'cd'.repeat(64)}` as const,
    }
    const fileOf = (name: string): string => attestationFile(operator.publishFolder, 2, name)
    await writeFile(fileOf(attestation.operator), canonicalJson(attestation))
    await writeFile(fileOf('broken'), '{')
    await writeFile(fileOf('of-another-epoch'), canonicalJson({ ...attestation, epoch: 3 }))
    const found = await get(attestationsSchema, '/v1/epochs/2/attestations')
    expect(found.attestations).to.deep.equal([attestation])
    expect(found.post?.ledgerRoot).to.equal(scene.second.ledgerRoot)
  })

  it('says of every contribution what was decided and why, and pays all of an epoch with them', async () => {
    const { items } = await get(pageSchema(contributionSchema), '/v1/contributions?epoch=1')
    expect(items.map(({ reason }) => reason)).to.deep.equal([
      'ACCEPTED',
      'ACCEPTED',
      'ACCEPTED',
      'NEAR_COPY',
      'UNAVAILABLE',
    ])
    const sum = items.reduce((total, { amount }) => total + BigInt(amount), 0n)
    expect(sum).to.equal(scene.first.total)
    const [first] = items
    expect(await get(contributionSchema, `/v1/contributions/${first!.id}?epoch=1`)).to.deep.equal(first)
    const own = await get(
      pageSchema(contributionSchema),
      `/v1/contributions?epoch=1&account=${scene.claimer}`,
    )
    expect(own.items).to.deep.equal(items.slice(0, 2))
  })

  it('pages without losing or repeating an item, whatever the size of the pages', async () => {
    const all = (await get(pageSchema(contributionSchema), '/v1/contributions?epoch=2')).items
    for (const limit of [1, 2, 4, all.length]) {
      const seen: typeof all = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const after: string = cursor === '' ? '' : `&cursor=${cursor}`
        const page: { items: typeof all; next: string | null } = await get(
          pageSchema(contributionSchema),
          `/v1/contributions?epoch=2&limit=${limit}${after}`,
        )
        seen.push(...page.items)
        cursor = page.next
      }
      expect(seen).to.deep.equal(all)
    }
    const second = await get(pageSchema(epochSchema), '/v1/epochs?limit=1')
    const first = await get(pageSchema(epochSchema), `/v1/epochs?limit=1&cursor=${second.next}`)
    expect([second.items[0]!.epoch, first.items[0]!.epoch]).to.deep.equal([2, 1])
  })

  it('lists models, and the figures of final epochs', async () => {
    const models = await get(pageSchema(modelSchema), '/v1/models')
    expect(models.items.map(({ modelId, baseModelId }) => [modelId, baseModelId])).to.deep.equal([
      [1, 0],
      [2, 1],
    ])
    const { items } = await get(pageSchema(figuresSchema), '/v1/metrics/history')
    expect(items.map(({ epoch, amount, total }) => [epoch, amount, total])).to.deep.equal([
      [1, String(scene.first.total), String(scene.first.total)],
    ])
  })

  it('explains a contribution and an account to the wei', async () => {
    const id = scene.datanet.ids[0]!
    const expected = await explainContribution(scene.datanet.content, scene.first, BigInt(id))
    const answer = (await (await fetched(`/v1/explain/${id}/1`)).json()) as { amount: string }
    expect(answer.amount).to.equal(String(expected.amount))
    const account = (await (await fetched(`/v1/explain/${scene.claimer}/1`)).json()) as { amount: string }
    const proof = (await (await fetched(`/v1/proofs/${scene.claimer}?epoch=1`)).json()) as {
      cumulative: string
    }
    expect(account.amount).to.equal(proof.cumulative)
  })

  it('knows what it does not have', async () => {
    const nothing = [
      ...['/v1/epochs/9', '/v1/epochs/9/manifest', '/v1/epochs/9/tree', '/v1/epochs/9/post'],
      ...['/v1/epochs/9/attestations', '/v1/contributions?epoch=9', '/v1/contributions/99999'],
      ...[`/v1/explain/${scene.claimer}/9`, '/v1/explain/99999/1', '/v1/nothing', '/metrics'],
    ]
    for (const path of nothing) {
      const response = await fetched(path)
      const { error } = (await response.json()) as { error: { code: string } }
      expect([response.status, error.code], path).to.deep.equal([404, 'NOT_FOUND'])
    }
  })
})
