import { expect } from 'chai'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { readEpoch } from '../../src/content'
import { publishedFiles } from '../../src/pipeline/publish'
import { fromHex, loadKeccak, rootOfProof, treeDomains } from '../../src/settlement'
import { calldataSchema, proofSchema, rewardsSchema } from '../../src/api/schemas'
import { serve, startServedDatanet, type ServedDatanet } from '../scene/servedDatanet'
import { packedLeaf } from '../settlement/naiveTree'

const LEAF_OF_THE_FIRST_ACCOUNT = 280

describe('rewards over HTTP', () => {
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

  const get = async (path: string, headers: Record<string, string> = {}, url = served.api.url) => {
    const response = await fetch(url + path, { headers })
    return { response, body: (await response.json()) as unknown }
  }
  const rewardOf = async (index: number, url?: string) => {
    const account = scene.datanet.anvil.account(index).address
    const { body } = await get(`/v1/users/${account}/rewards`, {}, url)
    return rewardsSchema.parse(body)[0]!.rewards[0]!
  }
  const ledgers = async () => {
    const { datanet, first, second } = scene
    const [before, now] = [
      await readEpoch(datanet.content, first.dataDigest),
      await readEpoch(datanet.content, second.dataDigest),
    ]
    return { before: before.tables.ledger, now: now.tables.ledger }
  }

  it('gives what Merkl gives: amount for ever, claimed, pending, proofs, and the token', async () => {
    const { before, now } = await ledgers()
    const reward = await rewardOf(4)
    expect(reward.token.symbol).to.equal('OPEN')
    expect(reward.recipient).to.equal(scene.claimer)
    expect([reward.root, reward.epoch]).to.deep.equal([scene.first.ledgerRoot, 1])
    expect(reward.amount).to.equal(String(before[0]!.cumulative))
    expect(reward.pending).to.equal(String(now[0]!.cumulative - before[0]!.cumulative))
    expect([reward.claimed, reward.claimable]).to.deep.equal(['0', reward.amount])
  })

  it('splits it by pool and epoch, so that every column adds up', async () => {
    for (const index of [4, 5, 6, 7]) {
      const reward = await rewardOf(index)
      for (const column of ['amount', 'claimed', 'pending'] as const) {
        const sum = reward.breakdowns.reduce((total, part) => total + BigInt(part[column]), 0n)
        expect(String(sum), `${column} of ${index}`).to.equal(reward[column])
      }
      expect(reward.missingEpochs).to.deep.equal([])
    }
    const kinds = (await rewardOf(5)).breakdowns.map(({ kind, id, epoch }) => [kind, id, epoch])
    expect(kinds).to.deep.include.members([
      ['datanet', 1, 1],
      ['model', 2, 1],
      ['datanet', 1, 2],
    ])
  })

  it('shows a claim in the very next answer', async () => {
    const account = scene.datanet.anvil.account(4).address
    const call = calldataSchema.parse((await get(`/v1/calldata/${account}`)).body)
    const { token } = scene.datanet.system
    // anyone may send it
    await (await scene.datanet.anvil.account(9).sendTransaction({ to: call.to, data: call.data })).wait()
    expect(String(await token.balanceOf(account))).to.equal(call.claimable)
    const reward = await rewardOf(4)
    expect([reward.claimed, reward.claimable]).to.deep.equal([reward.amount, '0'])
    expect(reward.block).to.equal(await scene.datanet.anvil.provider.getBlockNumber())
    const again = calldataSchema.parse((await get(`/v1/calldata/${account}`)).body)
    expect(again.claimable).to.equal('0')
  })

  it('has proofs that a stranger can check against the root alone', async () => {
    const keccak = await loadKeccak()
    const { Ledger } = treeDomains(keccak, 31337, scene.operator.system.vault, 1)
    for (const [index, epoch] of [
      [4, 1],
      [5, 1],
      [7, 2],
    ]) {
      const account = scene.datanet.anvil.account(index!).address.toLowerCase()
      const { body } = await get(`/v1/proofs/${account}?epoch=${epoch}`)
      const proof = proofSchema.parse(body)
      const domain = `0x${Buffer.from(Ledger).toString('hex')}`
      const types = ['address', 'uint128', 'uint128']
      const leaf = packedLeaf(domain, types, [proof.account, proof.cumulative, proof.prefix])
      expect(rootOfProof(keccak, fromHex(leaf), proof.index, fromHex(proof.proof))).to.equal(proof.root)
      expect(proof.proof).to.equal(`0x${proof.proofs.map(node => node.slice(2)).join('')}`)
      expect(proof.root).to.equal((epoch === 1 ? scene.first : scene.second).ledgerRoot)
    }
  })

  it('knows an account that only waits, and one that is in no ledger', async () => {
    const { now } = await ledgers()
    const reward = await rewardOf(7)
    expect([reward.root, reward.amount, reward.pending]).to.deep.equal([
      null,
      '0',
      String(now[3]!.cumulative),
    ])
    const stranger = `0x${'12'.repeat(20)}`
    const { response, body } = await get(`/v1/users/${stranger}/rewards`)
    expect([response.status, body]).to.deep.equal([200, [{ chain: { id: 31337 }, rewards: [] }]])
    for (const route of ['proofs', 'calldata'])
      expect((await get(`/v1/${route}/${stranger}`)).response.status).to.equal(404)
  })

  it('answers for the chain that is asked for', async () => {
    const path = `/v1/users/${scene.claimer}/rewards`
    expect((await get(`${path}?chainId=1,10`)).body).to.deep.equal([])
    expect((await get(`${path}?chainId=1,31337`)).body).to.have.length(1)
  })

  it('names the version of an answer, and sends none that the client has', async () => {
    const path = `/v1/users/${scene.claimer}/rewards`
    const { response } = await get(path)
    const etag = response.headers.get('etag')!
    const second = await fetch(served.api.url + path, { headers: { 'if-none-match': `"x", ${etag}` } })
    expect([second.status, await second.text()]).to.deep.equal([304, ''])
    const proof = await fetch(`${served.api.url}/v1/proofs/${scene.claimer}?epoch=1`)
    expect(proof.headers.get('etag')).to.equal(`W/"${scene.first.ledgerRoot}"`)
    expect(proof.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable')
    const waiting = await fetch(`${served.api.url}/v1/proofs/${scene.claimer}?epoch=2`)
    expect(waiting.headers.get('cache-control')).to.equal('no-cache')
  })

  describe('given a replica that has chain and content alone', () => {
    let replica: Awaited<ReturnType<typeof serve>>
    let folder: string
    before(async () => {
      folder = join(scene.datanet.folder, 'replica')
      replica = await serve(scene, folder)
    })
    after(() => replica?.stop())

    it('builds the files that it lacks and gives the same answers', async () => {
      for (const index of [4, 5, 6, 7])
        expect(await rewardOf(index, replica.api.url)).to.deep.equal(await rewardOf(index))
    })

    it('gives the CAR of a final epoch from content, the bytes that its publisher has', async () => {
      const { operator, datanet, first } = scene
      const answer = await fetch(`${replica.api.url}/v1/epochs/1/car`)
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect(bytes.equals(await readFile(publishedFiles(operator.publishFolder, 1).car))).to.equal(true)
      expect(answer.headers.get('accept-ranges')).to.equal('none')
      const etag = answer.headers.get('etag')!
      const again = await fetch(`${replica.api.url}/v1/epochs/1/car`, { headers: { 'if-none-match': etag } })
      expect(again.status).to.equal(304)
      const waiting = await fetch(`${replica.api.url}/v1/epochs/2/car`)
      expect(waiting.status).to.equal(404)
      const { inputsDigest } = first
      const lost = join(datanet.folder, 'content', 'objects', inputsDigest.slice(2, 4), inputsDigest.slice(2))
      await rename(lost, `${lost}.away`)
      const missing = await get('/v1/epochs/1/car', {}, replica.api.url)
      await rename(`${lost}.away`, lost)
      expect(missing.response.status).to.equal(503)
      expect(JSON.stringify(missing.body)).to.match(/CONTENT_MISSING.*ask an operator/)
    })

    it('builds a damaged file again, and never serves it', async () => {
      const path = join(folder, 'epoch-1', 'tree.bin')
      const file = await open(path, 'r+')
      await file.write(Uint8Array.of(0xff, 0xff), 0, 2, LEAF_OF_THE_FIRST_ACCOUNT)
      await file.close()
      const other = await serve(scene, folder)
      try {
        const path = `/v1/proofs/${scene.claimer}`
        expect((await get(path, {}, other.api.url)).response.status).to.equal(503)
        expect(other.reading.ready().reasons).to.deep.equal(['epoch 1 cannot be served: TREE_CORRUPT'])
        await other.reading.refresh()
        expect(other.reading.ready().ready).to.equal(true)
        expect((await get(path, {}, other.api.url)).body).to.deep.equal((await get(path)).body)
      } finally {
        await other.stop()
      }
    })
  })
})
