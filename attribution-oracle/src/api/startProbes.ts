import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { answerFaults } from './answerFaults'
import { createApp } from './app'
import type { ApiOptions } from './options'
import { badUrl, clientError, requestLimits, strangeRequests } from './requestLimits'
import { probeRoutes } from './routes/service'
import type { Api } from './startApi'

const MOST_CONNECTIONS = 64

/**
 * `/health` and `/metrics` alone, for a process that serves nothing else. They are for the operator's own machinery: no
 * limit for each address.
 * @throws the listening socket's error, such as EADDRINUSE
 */
export async function startProbes({
  host,
  port,
  metrics,
  observe,
}: Pick<ApiOptions, 'host' | 'port' | 'metrics' | 'observe'>): Promise<Api> {
  const app = createApp({ clientErrorHandler: clientError, frameworkErrors: badUrl })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  requestLimits(app)
  strangeRequests(app)
  app.server.maxConnections = MOST_CONNECTIONS
  answerFaults(app, { observe, rateLimit: undefined })
  probeRoutes(app, metrics)
  try {
    return { url: await app.listen({ host, port }), close: () => app.close() }
  } catch (error) {
    await app.close()
    throw error
  }
}
