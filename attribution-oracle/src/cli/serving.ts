import { startApi, startProbes } from '../api'
import { RewardReader } from '../chain'
import type { Oracle } from '../compose'
import { configDigest, type Config } from '../config'
import type { Observe, ServiceEvent } from '../domain'
import { AttributionOracleError } from '../errors'
import { createMetrics, type Metrics } from '../metrics'
import { openReading, type LiveReading } from '../pipeline'
import { openQuestions } from '../questionsApart'
import { createServiceState, type ServiceState } from '../service'
import packageJson from '../../package.json'
import type { Log } from './log'

/** Who listens to what a process does: its state, its metrics, its log. */
export interface Watching {
  state: ServiceState
  metrics: Metrics
  observe: Observe
}

export function watch(config: Config, log: Log): Watching {
  const state = createServiceState()
  const metrics = createMetrics({ version: packageJson.version, configHash: configDigest(config) })
  const observe = (event: ServiceEvent): void => {
    state.observe(event)
    metrics.observe(event)
    log.observe(event)
  }
  return { state, metrics, observe }
}

export interface Serving {
  url: string
  close(): Promise<void>
}

/**
 * Serves what the oracle knows over HTTP.
 * @param loop whether a service loop runs beside it, whose state counts for readiness
 * @throws RPC_FAILED, INVALID_CONFIG when the port is taken
 */
export async function serveApi(
  oracle: Oracle,
  { state, metrics, observe }: Watching,
  loop: boolean,
): Promise<Serving> {
  const { config, provider, operating } = oracle
  const stop = new AbortController()
  const apart = openQuestions(config, observe)
  const reading = await openReading({
    ...operating,
    // a service that runs beside it looks by itself
    heads: loop ? undefined : operating.heads,
    rewards: await RewardReader.connect(provider, config.rewardVault),
    observe,
    questions: apart.questions,
  })
  const following = reading.follow(config.pollMs, stop.signal)
  const ready = async () => {
    const reasons = [...reading.ready().reasons, ...(loop ? state.ready().reasons : [])]
    return { ready: reasons.length === 0, reasons }
  }
  const close = async (): Promise<void> => {
    stop.abort()
    await following
    await apart.close()
    reading.close()
  }
  try {
    const api = await startApi({
      host: config.httpHost,
      port: config.httpPort,
      reading,
      metrics,
      ready,
      status: async () => ({
        ...state.status(),
        ...(loop ? {} : await epochsOf(reading)),
        ...(await ready()),
      }),
      events: state,
      rateLimit: config.rateLimit === 0 ? undefined : { max: config.rateLimit, windowMs: 60_000 },
      trustedProxies: config.trustedProxies,
      corsOrigins: config.corsOrigins,
      observe,
    })
    return {
      url: api.url,
      async close() {
        await api.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw notListening({ host: config.httpHost, port: config.httpPort, name: 'httpPort' }, error)
  }
}

const SHOWN_EPOCHS = 10

/** The newest epochs as a replica knows them; what a service says of them it cannot know. */
async function epochsOf(reading: LiveReading): Promise<{ epochs: object[] }> {
  const epochs = await reading.epochs({ after: undefined, limit: SHOWN_EPOCHS })
  return {
    epochs: epochs.map(({ epoch, state, posts }) => ({
      epoch,
      state,
      deadline: posts.at(-1)?.deadline ?? null,
    })),
  }
}

/**
 * `/metrics` and `/health` of a worker, where a port is set for them.
 * @returns what closes it
 * @throws INVALID_CONFIG when the port is taken
 */
export async function serveProbes(
  { httpHost: host, workerHttpPort: port }: Pick<Config, 'httpHost' | 'workerHttpPort'>,
  metrics: Metrics,
  { observe, info }: Log,
): Promise<() => Promise<void>> {
  if (port === undefined) return () => Promise.resolve()
  try {
    const probes = await startProbes({ host, port, metrics, observe })
    info(`metrics at ${probes.url}`)
    return probes.close
  } catch (error) {
    throw notListening({ host, port, name: 'workerHttpPort' }, error)
  }
}

interface Listening {
  host: string
  port: number
  /** the setting of the port */
  name: 'httpPort' | 'workerHttpPort'
}

/** What a socket that cannot be opened says of the settings. */
function notListening({ host, port, name: ofPort }: Listening, error: unknown): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  const isHost = syscall === 'getaddrinfo' || code === 'EADDRNOTAVAIL'
  if (!isHost && (syscall !== 'listen' || !['EADDRINUSE', 'EACCES'].includes(code))) return error
  const name = isHost ? 'httpHost' : ofPort
  const got = code === 'EADDRINUSE' ? `${port}, which another process uses` : `${host}:${port} (${code})`
  const expected = 'an address of this machine and a port that is free'
  const fix = `set ${name} to another one${isHost ? '' : '; 0 takes any that is free'}`
  return new AttributionOracleError(
    'INVALID_CONFIG',
    { what: `Nothing can listen at ${host}:${port}`, got, expected, fix },
    { faults: [{ name, got, expected, fix }] },
    { cause: error },
  )
}
