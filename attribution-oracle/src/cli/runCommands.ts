import type { Command } from 'commander'
import { compose, type Oracle } from '../compose'
import type { Config } from '../config'
import { EXIT, exitCodeOf } from '../exitCode'
import { settledPost } from '../pipeline'
import { createProgressLine } from '../progressLine'
import { runService } from '../service'
import { collectAbandoned } from './abandonedFiles'
import { dryRun, plannedPost, type Planned } from './dryRun'
import { createLiveStatus, isLive, type LiveStatus, type ShownStatus } from './liveStatus'
import { openLog, type Log } from './log'
import { expectPublishFolder } from './publishFolder'
import { serveApi, watch, type Watching } from './serving'
import { configured, type Answer, type Session } from './session'

/** Long enough to give a transaction that is under way back to the outbox and to end a stage. */
const GRACE_MS = 30_000
const REDRAW_MS = 1_000

/** `run` and `serve`: the processes that stay. A signal ends them in order, with exit code 0. */
export function addRunCommands(program: Command): void {
  const staying = { graceMs: GRACE_MS, stopped: EXIT.done }
  configured(
    program,
    'run',
    'follow the chain: compute, post, verify, challenge, serve the API',
    run,
    staying,
  )
    .option('--once', 'one cycle, without the API, and the answer as a result')
    .option(
      '--confirm',
      'really send transactions; without it, or "confirm" in the configuration, nothing is sent',
    )
  configured(program, 'serve', 'serve the API alone, beside or instead of an operator', serve, staying)
}

async function run(session: Session): Promise<Answer | number> {
  const { config } = await session.configure()
  await expectPublishFolder(config)
  return session.flags['once'] === true ? once(session, config) : stay(session, config)
}

/** One cycle; what failed in it is the answer. */
async function once(session: Session, config: Config): Promise<Answer> {
  const { printer, signal, flags } = session
  const log = openLog(config, { json: flags['json'] === true })
  const watching = watch(config, log)
  const { observe } = watching
  const oracle = await compose(config, {
    confirm: config.confirm,
    onProgress: printer.progress,
    signal,
    observe,
  })
  const struck: Planned[] = []
  const listening = watching.state.subscribe(event => {
    if (event.kind !== 'challenge' || event.sent) return
    struck.push({ action: `challenge ${event.proof}`, contract: config.fraudProofs, epoch: event.epoch })
  })
  try {
    await runService(oracle.operating, { ...config, once: true, signal, observe: oracle.observe })
    const { epochs, blocks } = watching.state.status()
    const planned = dryRun(oracle, [...(await unsentPosts(oracle)), ...struck])
    const sends = sendsOf(config, oracle.address).replace(/^sends /, '')
    return { result: { mode: config.mode, sends, blocks, epochs, ...planned } }
  } finally {
    listening()
    await oracle.close()
  }
}

/** What is settled here and not posted by anybody. */
async function unsentPosts(oracle: Oracle): Promise<Planned[]> {
  const { operating, config } = oracle
  if (config.mode === 'verifier') return []
  const settled = (await operating.store.epochs()).filter(({ state }) => state === 'settled')
  const posts = settled.map(({ epoch }) => settledPost(operating, epoch))
  return (await Promise.all(posts)).map(post => plannedPost(oracle, post))
}

/** Until a signal, or a fault that nobody may go on after. */
async function stay(session: Session, config: Config): Promise<number> {
  const view = openView(session, config)
  const watching = watch(config, view.log)
  const { observe } = watching
  const { confirm } = config
  const options = { confirm, apart: true, onProgress: view.progress, signal: session.signal, observe }
  const closing: (() => Promise<void> | void)[] = []
  try {
    const oracle = await compose(config, options)
    closing.push(() => oracle.close())
    const api = await serveApi(oracle, watching, true)
    closing.push(() => api.close())
    const collected = collectAbandoned(config, view.log, session.signal)
    closing.push(() => collected)
    view.log.info(`${config.mode}, ${sendsOf(config, oracle.address)}; API at ${api.url}`)
    closing.push(view.follow(watching, `${config.mode}  ${api.url}  ${sendsOf(config, oracle.address)}`))
    const { signal } = session
    await runService(oracle.operating, { ...config, once: false, signal, observe: oracle.observe })
    return EXIT.done
  } catch (error) {
    if (session.signal.aborted) return EXIT.done
    view.log.failure(error, 'run')
    return exitCodeOf(error)
  } finally {
    for (const each of closing.reverse()) await each()
  }
}

async function serve(session: Session): Promise<number> {
  const { config } = await session.configure()
  await expectPublishFolder(config)
  const log = openLog(config, { json: session.flags['json'] === true })
  const watching = watch(config, log)
  const { signal } = session
  const { observe } = watching
  const oracle = await compose(config, { confirm: false, onProgress: log.progress, signal, observe })
  try {
    const api = await serveApi(oracle, watching, false)
    log.info(`API at ${api.url}`)
    const collected = collectAbandoned(config, log, signal)
    if (!signal.aborted)
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    await api.close()
    await collected
    return EXIT.done
  } finally {
    await oracle.close()
  }
}

function sendsOf({ confirm }: Config, address: string | undefined): string {
  if (address === undefined) return 'dry run: no key is configured'
  return confirm ? `sends as ${address}` : `dry run: --confirm is missing for ${address}`
}

interface View {
  log: Log
  progress: Log['progress']
  /** @returns what ends it */
  follow(watching: Watching, headline: string): () => void
}

/** The log, and on a terminal a status below it. */
function openView({ flags }: Session, config: Config): View {
  const json = flags['json'] === true
  if (json || config.logFormat !== 'auto' || !isLive(process.stdout, process.env)) {
    const log = openLog(config, { json })
    return { log, progress: log.progress, follow: () => () => undefined }
  }
  let live: LiveStatus | undefined
  let current = ''
  const write = (text: string): void => (live ? live.above(text.trimEnd()) : void process.stdout.write(text))
  const log = openLog(config, { json, destination: { write, isTTY: true } })
  const caught = { write: (text: string): void => void (current = text.replace('\r\x1b[K', '')), isTTY: true }
  const line = createProgressLine(caught, { json: false, clock: () => performance.now() })
  const progress: View['progress'] = each => {
    line.show(each)
    if (each.done >= each.total) current = ''
  }
  return {
    log,
    progress,
    follow({ state }, headline) {
      live = createLiveStatus(process.stdout, headline, () => Date.now() / 1000)
      const draw = (): void =>
        live?.show({ ...(state.status() as unknown as ShownStatus), progress: current })
      const timer = setInterval(draw, REDRAW_MS)
      draw()
      return () => {
        clearInterval(timer)
        live?.end()
        live = undefined
      }
    },
  }
}
