import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { createApp, LIMITS, type App } from './app'
import { EventStream } from './eventStream'
import { answerFaults } from './answerFaults'
import { ApiFault } from './faults'
import type { ApiOptions } from './options'
import { badUrl, clientError, requestLimits, strangeRequests } from './requestLimits'
import { contributionRoutes } from './routes/contributions'
import { epochRoutes } from './routes/epochs'
import { eventRoutes } from './routes/events'
import { fileRoutes } from './routes/files'
import { rewardRoutes } from './routes/rewards'
import { serviceRoutes } from './routes/service'

export interface Api {
  /** with the port that was taken */
  url: string
  /** Ends every connection, those that listen included. */
  close(): Promise<void>
}

const HEARTBEAT_MS = 15_000

/**
 * Serves a reading over HTTP. Nothing that comes in can end it: whatever a handler throws is one JSON error, and what is
 * ours alone goes to `observe`.
 * @throws the listening socket's error, such as EADDRINUSE
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { reading, observe, host, port, trustedProxies } = options
  const app = createApp({ clientErrorHandler: clientError, frameworkErrors: badUrl, trustedProxies })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  requestLimits(app)
  strangeRequests(app)
  app.server.maxConnections = LIMITS.connections
  await plugins(app, options)
  answerFaults(app, options)
  const stream = new EventStream(options.heartbeatMs ?? HEARTBEAT_MS)
  const unsubscribe = options.events?.subscribe(stream.tell)
  app.addHook('preClose', async () => {
    unsubscribe?.()
    stream.close()
  })
  app.after(() => {
    rewardRoutes(app, reading, observe)
    epochRoutes(app, reading)
    fileRoutes(app, reading)
    contributionRoutes(app, reading)
    eventRoutes(app, reading, stream, options.rateLimit !== undefined)
    serviceRoutes(app, options)
  })
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => app.close() }
  } catch (error) {
    await app.close()
    throw error
  }
}

async function plugins(app: App, { corsOrigins, rateLimit: limit }: ApiOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Open Datanets attribution oracle',
        description: 'Rewards, proofs and everything behind them. Amounts are wei as decimal strings.',
        version: '1.0.0',
      },
    },
    transform: jsonSchemaTransform,
  })
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD'],
    exposedHeaders: ['ETag', 'Retry-After', 'Content-Range'],
    strictPreflight: false,
    maxAge: 86_400,
  })
  if (!limit) return
  await app.register(rateLimit, {
    max: limit.max,
    timeWindow: limit.windowMs,
    errorResponseBuilder: (_request, { max, after }) =>
      new ApiFault(429, 'TOO_MANY_REQUESTS', `More than ${max} requests; try again in ${after}`),
  })
}
