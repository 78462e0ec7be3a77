import { z } from 'zod'
import { answers, JSON_TYPE, type App } from '../app'
import { notFound } from '../faults'
import { plain } from '../json'
import type { ApiOptions } from '../options'
import { readySchema } from '../schemas'

const NOT_KEPT = 'no-store'
/** Operators' own machinery asks these, however much strangers ask of the rest. */
const config = { rateLimit: false as const }
const tags = ['service']

/** What every process is asked by whoever watches it. */
export function probeRoutes(app: App, metrics: ApiOptions['metrics']): void {
  app.route({
    method: 'GET',
    url: '/health',
    config,
    schema: {
      tags,
      summary: 'The process answers',
      response: answers(z.object({ status: z.literal('ok') })),
    },
    async handler(_request, reply) {
      void reply.header('cache-control', NOT_KEPT)
      return { status: 'ok' as const }
    },
  })

  app.route({
    method: 'GET',
    url: '/metrics',
    config,
    schema: {
      tags,
      summary: 'For Prometheus',
      produces: ['text/plain'],
      response: answers(z.any()),
    },
    async handler(_request, reply) {
      if (!metrics) throw notFound('/metrics', 'a process that counts')
      return reply
        .header('cache-control', NOT_KEPT)
        .type(metrics.contentType)
        .send(await metrics.text())
    },
  })
}

/** How the process itself is. */
export function serviceRoutes(app: App, options: ApiOptions): void {
  probeRoutes(app, options.metrics)

  app.route({
    method: 'GET',
    url: '/ready',
    config,
    schema: {
      tags,
      summary: 'Whether answers are of today; 503 with the reasons why not',
      response: { 200: readySchema, 503: readySchema },
    },
    async handler(_request, reply) {
      const { ready, reasons } = await options.ready()
      return reply
        .header('cache-control', NOT_KEPT)
        .code(ready ? 200 : 503)
        .send({ ready, reasons })
    },
  })

  app.route({
    method: 'GET',
    url: '/status',
    config,
    schema: { tags, summary: 'What the service does now', response: answers(z.any()) },
    async handler(_request, reply) {
      return reply
        .header('cache-control', NOT_KEPT)
        .type(JSON_TYPE)
        .send(JSON.stringify(plain(await options.status())))
    },
  })

  let openapi: string | undefined
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config,
    schema: { hide: true },
    async handler(_request, reply) {
      return reply
        .header('cache-control', 'no-cache')
        .type(JSON_TYPE)
        .send((openapi ??= JSON.stringify(app.swagger())))
    },
  })
}
