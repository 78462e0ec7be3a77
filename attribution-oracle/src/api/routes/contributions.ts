import { z } from 'zod'
import type { ExplainTarget } from '../../domain'
import { answers, sendWritten, type App } from '../app'
import { IMMUTABLE, REVALIDATE, unchanged } from '../caching'
import { notFound } from '../faults'
import { plain } from '../json'
import type { ApiReading } from '../reading'
import {
  addressParam,
  contributionParam,
  contributionSchema,
  epochParam,
  modelSchema,
  pageOf,
  pageQuery,
  pageSchema,
} from '../schemas'
import { nextOf, noEpoch } from './epochs'
import { bytesOf } from './rewards'

type View = z.infer<typeof contributionSchema>

const target = z
  .string('expected an address or the id of a contribution')
  .refine(
    text => addressParam.safeParse(text).success || contributionParam.safeParse(text).success,
    'expected an address (0x and 40 hexadecimal digits) or the id of a contribution (a whole number)',
  )
  .transform((text): ExplainTarget =>
    text.startsWith('0x') ? { account: text } : { contribution: BigInt(text) },
  )

/** Each reads a whole epoch again: of one address, and only where there is a limit at all. */
const EXPLANATIONS = { max: 30, timeWindow: 60_000 }

/** Why a contribution earned what it did. */
export function contributionRoutes(app: App, reading: ApiReading): void {
  app.route({
    method: 'GET',
    url: '/v1/contributions/:id',
    schema: {
      tags: ['contributions'],
      summary: 'What an epoch decided of a contribution, with the reason',
      params: z.object({ id: contributionParam }),
      querystring: z.object({ epoch: epochParam.optional() }),
      response: answers(contributionSchema),
    },
    async handler(request, reply) {
      const found = await reading.contribution(request.params.id, request.query.epoch)
      const where = request.query.epoch === undefined ? 'the last settled epoch' : 'this epoch'
      if (!found) throw notFound(`contribution ${request.params.id}`, `one that ${where} knows`)
      void reply.header('cache-control', REVALIDATE)
      return plain(found) as View
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/contributions',
    schema: {
      tags: ['contributions'],
      summary: 'The decisions of an epoch, of one account or of all',
      querystring: z.object({
        account: addressParam.optional(),
        epoch: epochParam.optional().describe('The last settled one when left out'),
        ...pageQuery,
      }),
      response: answers(pageSchema(contributionSchema)),
    },
    async handler(request, reply) {
      const { account, epoch } = request.query
      const query = pageOf(request.query)
      const found = await reading.contributions({
        account: account === undefined ? undefined : bytesOf(account),
        epoch,
        ...query,
      })
      if (!found) throw noEpoch(epoch!)
      void reply.header('cache-control', REVALIDATE)
      return {
        items: found.map(each => plain(each) as View),
        next: nextOf(found, query.limit, ({ id }) => id),
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/explain/:target/:epoch',
    config: { rateLimit: EXPLANATIONS },
    schema: {
      tags: ['contributions'],
      summary: 'What an account or a contribution earned in an epoch, rebuilt to the wei',
      params: z.object({ target, epoch: epochParam }),
      response: answers(z.any()),
    },
    async handler(request, reply) {
      const epoch = await reading.epoch(request.params.epoch)
      const final = epoch?.state === 'final'
      const tag = epoch?.post && `${epoch.post.dataDigest}-${epoch.state}`
      // before anything is read again: an explanation reads a whole epoch
      if (tag && unchanged(request, reply, tag, final ? IMMUTABLE : REVALIDATE)) return reply
      const found = await reading.explain(request.params.target, request.params.epoch)
      if (found === undefined)
        throw notFound('such account or contribution in this epoch', 'one that the epoch knows')
      sendWritten(reply, found)
      return reply
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/models',
    schema: {
      tags: ['models'],
      summary: 'Registered models and adapters',
      querystring: z.object(pageQuery),
      response: answers(pageSchema(modelSchema)),
    },
    async handler(request, reply) {
      const query = pageOf(request.query)
      const models = await reading.models(query)
      void reply.header('cache-control', REVALIDATE)
      return {
        items: models.map(each => plain(each) as z.infer<typeof modelSchema>),
        next: nextOf(models, query.limit, ({ modelId }) => modelId),
      }
    },
  })
}
