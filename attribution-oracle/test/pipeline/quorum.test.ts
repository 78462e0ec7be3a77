import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attestationDocument, canonicalBytes, parseDocument, postDocument, type Post } from '../../src/domain'
import { isFault } from '../../src/errors'
import { postSettled, publishedFiles, runEpoch, verifyProposal } from '../../src/pipeline'
import { Datanet, type OracleProcess } from '../scene/datanet'
import { SOURCES } from '../scene/sources'

const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('given an operator set in which one may be faulty', () => {
  let datanet: Datanet
  let leader: OracleProcess
  let second: OracleProcess
  let post: Post

  before(async () => {
    datanet = await Datanet.start(1)
    await datanet.contribute(4, [SOURCES.counter])
    await datanet.contribute(5, [SOURCES.ballot])
    await datanet.model([0, 1])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    leader = await datanet.oracle('leader', datanet.operator.privateKey)
    second = await datanet.oracle('second', datanet.liar.privateKey)
  })
  after(async () => {
    await leader?.store.close()
    await second?.store.close()
    await datanet?.stop()
  })

  it('one operator alone stops at settled and leaves a proposal for the others', async () => {
    const outcome = await runEpoch(leader, 1)
    expect([outcome.state, outcome.transaction]).to.deep.equal(['settled', undefined])
    post = outcome.post!
    const { proposal } = publishedFiles(leader.publishFolder, 1)
    expect(Buffer.from(canonicalBytes(post)).equals(await readFile(proposal))).to.equal(true)
    expect(
      isFault(await faultOf(postSettled({ ...leader, poster: leader.poster! }, 1, [])), 'WRONG_STATE'),
    ).to.equal(true)
  })

  it('another one recomputes it before it signs', async () => {
    const finding = await verifyProposal(second, post, { tolerancePpm: 0 })
    expect([finding.agrees, finding.honest]).to.deep.equal([true, post])
    const wrong = await verifyProposal(second, { ...post, total: post.total - 1n }, { tolerancePpm: 0 })
    expect(wrong.agrees).to.equal(false)
    expect(wrong.differences.map(({ part }) => part)).to.deep.equal(['post.total'])
  })

  it('an account that is no operator signs nothing', async () => {
    const stranger = await datanet.oracle('stranger', datanet.anvil.account(9).privateKey)
    expect(isFault(await faultOf(stranger.attestor!.attest(post)), 'WRONG_STATE')).to.equal(true)
    await stranger.store.close()
  })

  it('two words post it, in one transaction', async () => {
    const attestation = await second.attestor!.attest(post)
    const outcome = await postSettled({ ...leader, poster: leader.poster! }, 1, [attestation])
    expect(outcome.state).to.equal('submitted')
    await datanet.anvil.settle()
    const history = await leader.chain.history((await leader.chain.finalizedBlock()).number)
    expect(history.posts.map(({ signers, status }) => [signers, status])).to.deep.equal([[0b11, 'pending']])
  })
})

describe('the commands of a quorum', () => {
  let datanet: Datanet
  let post: Post
  let proposal: string

  before(async () => {
    datanet = await Datanet.start(1)
    await datanet.contribute(4, [SOURCES.counter])
    // the scene's models are no graphs: the command leaves them out, and settles without weights
    await datanet.model([0])
    await datanet.openEpoch(1)
    await datanet.anvil.settle()
    const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    await writeFile(join(datanet.folder, 'system.json'), JSON.stringify(datanet.system.record, asText))
    const keys = { leader: datanet.operator, second: datanet.liar, stranger: datanet.anvil.account(9) }
    for (const [name, { privateKey }] of Object.entries(keys)) {
      const settings = {
        rpcUrl: datanet.anvil.url,
        deployment: 'system.json',
        contentFolder: 'content',
        storeFolder: `${name}-store`,
        publishFolder: `${name}-published`,
        operatorKey: privateKey,
      }
      await writeFile(join(datanet.folder, `${name}.json`), JSON.stringify(settings))
    }
  })
  after(() => datanet?.stop())

  const command = async (who: string, ...args: string[]) => {
    const config = join(datanet.folder, `${who}.json`)
    const { code, out } = await cli(['epoch', ...args, '--epoch', '1', '--config', config, '--json'])
    return { code, result: (out ? JSON.parse(out) : {}) as Record<string, unknown> }
  }

  it('run stops at settled and names the proposal, even with --confirm', async () => {
    const { code, result } = await command('leader', 'run', '--confirm')
    expect([code, result['state'], result['transaction']]).to.deep.equal([0, 'settled', null])
    proposal = String(result['proposal'])
    post = parseDocument(postDocument, 'post', await readFile(proposal))
  })

  it('sign recomputes a proposal and writes the attestation', async () => {
    const { code, result } = await command('second', 'sign', '--post', proposal)
    expect([code, result['agrees']]).to.deep.equal([0, true])
    const written = await readFile(String(result['file']))
    const attestation = parseDocument(attestationDocument, 'attestation', written)
    expect(attestation.operator).to.equal(datanet.liar.address)
    expect(attestation.digest).to.equal(await datanet.system.attributionOracle.attestationDigest(post))
  })

  it('sign refuses, with 3, what its own computation does not give', async () => {
    const file = join(datanet.folder, 'wrong.json')
    await writeFile(file, canonicalBytes({ ...post, ledgerCount: post.ledgerCount + 1 }))
    const { code, result } = await command('second', 'sign', '--post', file)
    expect([code, result['agrees'], result['attestation']]).to.deep.equal([3, false, undefined])
  })

  it('sign refuses, with 4, the key of no operator', async () => {
    expect((await command('stranger', 'sign', '--post', proposal)).code).to.equal(4)
  })

  it('post needs the words of the others', async () => {
    expect((await command('leader', 'post', '--confirm')).code).to.equal(4)
    const file = join(
      datanet.folder,
      'second-published',
      'epoch-1',
      `attestation-${datanet.liar.address}.json`,
    )
    const { code, result } = await command('leader', 'post', '--signatures', file, '--confirm')
    expect([code, result['state']]).to.deep.equal([0, 'submitted'])
    expect((await datanet.system.attributionOracle.pending()).deadline).to.not.equal(0n)
  })
})

function cli(args: string[]): Promise<{ code: number; out: string }> {
  const main = join(__dirname, '../../src/main.ts')
  return new Promise(resolve => {
    execFile(process.execPath, ['--require', 'tsx/cjs', main, ...args], (error, out) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out })
    })
  })
}
