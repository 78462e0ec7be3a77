import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { isAbsent, isFault } from '../../src/errors'
import type { ContentStore, Digest, ServiceEvent } from '../../src/domain'
import type { EpochQuestions } from '../../src/pipeline'
import { openQuestions, type QuestionsApart } from '../../src/questionsApart'
import { serve, startServedDatanet, type ServedDatanet } from '../scene/servedDatanet'

/** Content behind HTTP, which can be made to wait in the middle of an epoch. */
class Gateway {
  asked = 0
  private held: (() => void)[] | undefined
  private readonly server: Server

  constructor(private readonly content: ContentStore) {
    this.server = createServer((request, response) => {
      this.asked++
      const answer = (): void => void this.answer(request.url!.slice(1) as Digest, response)
      if (this.held) this.held.push(answer)
      else answer()
    })
  }

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  hold(): void {
    this.asked = 0
    this.held = []
  }

  /** Resolves when somebody is in the middle of an epoch. */
  async inTheMiddle(): Promise<void> {
    while (this.asked === 0) await sleep(1)
  }

  release(): void {
    const held = this.held ?? []
    this.held = undefined
    for (const answer of held) answer()
  }

  close(): void {
    this.release()
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answer(digest: Digest, response: ServerResponse): Promise<void> {
    try {
      response.end(await this.content.get(digest))
    } catch {
      response.writeHead(404).end()
    }
  }
}

const here = (): never => expect.fail('it was read on the thread that answers')

describe('questions that read a whole epoch', () => {
  let scene: ServedDatanet
  let gateway: Gateway
  let apart: QuestionsApart
  /** answers on its own thread */
  let plain: Awaited<ReturnType<typeof serve>>
  let served: Awaited<ReturnType<typeof serve>>
  const events: ServiceEvent[] = []
  const threads: Worker[] = []
  const onThread = (worker: Worker): number => threads.push(worker)

  const opened = async (): Promise<QuestionsApart> => {
    const { system } = scene.operator
    const settings = {
      ...{ contentStores: [await gateway.open()], s3AccessKeyId: undefined, s3SecretAccessKey: undefined },
      ...{ chainId: system.chainId, rewardVault: system.vault },
      ...{ datanetRegistry: system.registry, inferencePayments: system.payments },
    }
    return openQuestions(settings, event => events.push(event))
  }

  before(async () => {
    scene = await startServedDatanet()
    plain = await serve(scene, scene.operator.publishFolder)
  })
  after(async () => {
    await plain?.stop()
    await scene?.stop()
  })
  beforeEach(async () => {
    events.length = 0
    threads.length = 0
    process.on('worker', onThread)
    gateway = new Gateway(scene.datanet.content)
    apart = await opened()
    const observe = (event: ServiceEvent): number => events.push(event)
    const content = { get: here, put: here, has: here }
    const { questions } = apart
    served = await serve(scene, scene.operator.publishFolder, { observe }, { questions, content })
  })
  afterEach(async () => {
    process.off('worker', onThread)
    await served.stop()
    await apart.close()
    gateway.close()
  })

  const ask = async (path: string, of = served): Promise<[status: number, body: string]> => {
    const response = await fetch(of.api.url + path)
    return [response.status, await response.text()]
  }
  const codeOf = ([, body]: [number, string]): string =>
    (JSON.parse(body) as { error: { code: string } }).error.code

  it('are answered elsewhere, and as they are on the thread that answers', async () => {
    const id = scene.datanet.ids[0]!
    const paths = [
      ...[`/v1/explain/${scene.claimer}/1`, `/v1/explain/${scene.claimer}/2`, `/v1/explain/${id}/1`],
      ...['/v1/contributions?limit=2', `/v1/contributions?limit=2&cursor=${id}&epoch=1`],
      ...[`/v1/contributions?account=${scene.claimer}`, `/v1/contributions/${id}?epoch=1`],
    ]
    for (const path of paths) {
      const expected = await ask(path, plain)
      expect(expected[0], path).to.equal(200)
      expect(await ask(path), path).to.deep.equal(expected)
    }
    for (const path of [
      '/v1/explain/99999/1',
      `/v1/explain/0x${'ee'.repeat(20)}/1`,
      '/v1/contributions/99999',
    ])
      expect((await ask(path))[0], path).to.equal(404)
  })

  it('start a thread when they are asked, another one for decisions, which do not wait behind amounts', async () => {
    expect(threads.length).to.equal(0)
    await ask(`/v1/explain/${scene.claimer}/1`)
    expect(threads.length).to.equal(1)
    await ask('/v1/contributions')
    await ask(`/v1/explain/${scene.claimer}/2`)
    expect(threads.length).to.equal(2)
  })

  it('say what the chain says of the post, which the thread cannot know', async () => {
    const statusOf = async (epoch: number): Promise<string> =>
      (JSON.parse((await ask(`/v1/explain/${scene.claimer}/${epoch}`))[1]) as { status: string }).status
    expect([await statusOf(1), await statusOf(2)]).to.deep.equal(['final', 'pending'])
  })

  it('leave everybody else free while they are at it', async () => {
    gateway.hold()
    const asked = ask(`/v1/explain/${scene.claimer}/1`)
    await gateway.inTheMiddle()
    expect((await ask(`/v1/proofs/${scene.claimer}`))[0]).to.equal(200)
    gateway.release()
    expect((await asked)[0]).to.equal(200)
  })

  for (const path of ['explain/CLAIMER/1', 'contributions/0?epoch=1'])
    it(`fail when their thread dies in the middle, and are answered by another one (${path})`, async () => {
      const question = `/v1/${path.replace('CLAIMER', scene.claimer)}`
      gateway.hold()
      const dying = ask(question)
      await gateway.inTheMiddle()
      await threads[0]!.terminate()
      const failed = await dying
      expect([failed[0], codeOf(failed)]).to.deep.equal([503, 'THREAD_DIED'])
      const told = events.flatMap(event => (event.kind === 'failed' ? [[event.step, event.code]] : []))
      expect(told).to.deep.equal([['api', 'THREAD_DIED']])
      gateway.release()
      expect(await ask(question)).to.deep.equal(await ask(question, plain))
      expect(threads.length).to.equal(2)
    })

  it('end with the service, also in the middle', async () => {
    gateway.hold()
    const left = ask(`/v1/explain/${scene.claimer}/1`)
    await gateway.inTheMiddle()
    const exited = once(threads[0]!, 'exit')
    await apart.close()
    await exited
    const stopped = await left
    expect([stopped[0], codeOf(stopped)]).to.deep.equal([503, 'ABORTED'])
    expect(events.filter(({ kind }) => kind === 'failed')).to.deep.equal([])
    expect((await ask(`/v1/explain/${scene.claimer}/1`))[0]).to.equal(503)
    expect(threads.length).to.equal(1)
  })

  it('tell what is wrong by code and data: what is missing, and what nobody knows', async () => {
    const failure = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => expect.fail('it was answered'),
        (error: unknown) => error,
      )
    const { questions }: { questions: EpochQuestions } = apart
    const unknown = await failure(questions.explainContribution({ post: scene.first, id: 99_999n }))
    expect(isFault(unknown, 'INVALID_ARGUMENT') && unknown.data).to.deep.equal({
      ...{ argument: 'contribution', got: '99999', expected: 'a contribution of epoch 1' },
    })
    const post = { ...scene.first, dataDigest: `0x${'ab'.repeat(32)}` as const }
    expect(isAbsent(await failure(questions.decision({ post, id: 0n })))).to.equal(true)
    const account = { post, status: 'final', account: scene.claimer } as const
    expect(isAbsent(await failure(questions.explainAccount(account)))).to.equal(true)
  })
})
