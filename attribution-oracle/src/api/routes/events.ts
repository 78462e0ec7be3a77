import { z } from 'zod'
import { answers, type App } from '../app'
import type { EventStream } from '../eventStream'
import type { ApiReading } from '../reading'

const SHOWN_EPOCHS = 10

/**
 * Epochs as they move on.
 * @param apart whether clients are told apart by their address: behind a proxy that limits them, all have the same
 */
export function eventRoutes(app: App, reading: ApiReading, stream: EventStream, apart: boolean): void {
  app.route({
    method: 'GET',
    url: '/v1/events',
    exposeHeadRoute: false,
    schema: {
      tags: ['events'],
      summary: 'Server-sent events of epochs; Last-Event-ID gives what was missed',
      produces: ['text/event-stream'],
      response: answers(z.any()),
    },
    async handler(request, reply) {
      const address = apart ? request.ip : undefined
      stream.expectRoom(address)
      const mark = stream.mark()
      const epochs = await reading.epochs({ after: undefined, limit: SHOWN_EPOCHS })
      const state = epochs.map(({ epoch, state }) => ({ epoch, state }))
      const lastId = request.headers['last-event-id']
      const kept = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)
      reply.hijack()
      reply.raw.writeHead(200, {
        ...Object.fromEntries(kept),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      stream.add(reply.raw, address, typeof lastId === 'string' ? lastId : undefined, state, mark)
    },
  })
}
