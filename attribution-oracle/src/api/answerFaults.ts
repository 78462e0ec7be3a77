import type { App } from './app'
import { answerFault, faultOf } from './faults'
import type { ApiOptions } from './options'
import { noRoute } from './requestLimits'

/** Whatever a handler throws is one JSON error; what is ours alone, and every request, goes to `observe`. */
export function answerFaults(
  app: App,
  { observe, rateLimit: limit }: Pick<ApiOptions, 'observe' | 'rateLimit'>,
): void {
  app.setErrorHandler((error, request, reply) => {
    const fault = faultOf(error, request)
    if (fault.statusCode === 500 || fault.code === 'THREAD_DIED') {
      const { code, message } = error as { code?: string; message?: string }
      observe?.({ kind: 'failed', step: 'api', code: code ?? 'INTERNAL', message: message ?? String(error) })
    }
    return answerFault(fault, reply)
  })
  app.setNotFoundHandler(limit ? { preHandler: app.rateLimit() } : {}, (request, reply) =>
    answerFault(noRoute(request.url.split('?', 1)[0]!), reply),
  )
  if (!observe) return
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    observe({ kind: 'request', route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
  })
}
