import { z } from 'zod'
import type { EpochSummary } from '../../domain'
import { answers, type App } from '../app'
import { IMMUTABLE, REVALIDATE, unchanged } from '../caching'
import { notFound, type ApiFault } from '../faults'
import { plain } from '../json'
import type { ApiReading } from '../reading'
import {
  attestationsSchema,
  epochParam,
  epochSchema,
  figuresSchema,
  manifestSchema,
  pageOf,
  pageQuery,
  pageSchema,
  postSchema,
} from '../schemas'

const params = z.object({ epoch: epochParam })
const tags = ['epochs']

/** What became of every epoch, and what stands behind its roots. */
export function epochRoutes(app: App, reading: ApiReading): void {
  app.route({
    method: 'GET',
    url: '/v1/epochs',
    schema: {
      tags,
      summary: 'Epochs, the newest first',
      querystring: z.object(pageQuery),
      response: answers(pageSchema(epochSchema)),
    },
    async handler(request, reply) {
      const query = pageOf(request.query)
      const epochs = await reading.epochs(query)
      void reply.header('cache-control', REVALIDATE)
      return { items: epochs.map(epochView), next: nextOf(epochs, query.limit, ({ epoch }) => epoch) }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/epochs/:epoch',
    schema: { tags, summary: 'One epoch with its posts', params, response: answers(epochSchema) },
    async handler(request, reply) {
      const epoch = await reading.epoch(request.params.epoch)
      if (!epoch) throw noEpoch(request.params.epoch)
      const tag = `${epoch.state}-${epoch.posts.length}-${epoch.post?.ledgerRoot ?? 0}`
      if (unchanged(request, reply, tag, epoch.state === 'final' ? IMMUTABLE : REVALIDATE)) return reply
      return epochView(epoch)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/epochs/:epoch/manifest',
    schema: {
      tags,
      summary: 'The roots of an epoch and the pools that it pays',
      params,
      response: answers(manifestSchema),
    },
    async handler(request, reply) {
      const manifest = await reading.manifest(request.params.epoch)
      if (!manifest) throw notFound(`settled epoch ${request.params.epoch}`, 'an epoch with a root')
      const holds = manifest.final ? IMMUTABLE : REVALIDATE
      if (unchanged(request, reply, manifest.ledgerRoot + manifest.manifestRoot, holds)) return reply
      return plain(manifest) as z.infer<typeof manifestSchema>
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/epochs/:epoch/post',
    schema: {
      tags,
      summary: 'What was posted, or is to be: the document that operators sign',
      params,
      response: answers(postSchema),
    },
    async handler(request, reply) {
      const { epoch: number } = request.params
      const [epoch, own] = [await reading.epoch(number), await reading.attestations(number)]
      const final = epoch?.state === 'final'
      const post = final ? epoch.post : (own?.post ?? epoch?.post)
      if (!post) throw notFound(`post of epoch ${number}`, 'an epoch that was settled')
      if (unchanged(request, reply, post.dataDigest, final ? IMMUTABLE : REVALIDATE)) return reply
      return plain(post) as z.infer<typeof postSchema>
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/epochs/:epoch/attestations',
    schema: {
      tags,
      summary: 'The words of operators that lie here, with the post that they are about',
      params,
      response: answers(attestationsSchema),
    },
    async handler(request, reply) {
      const { epoch } = request.params
      const found = await reading.attestations(epoch)
      if (!found) throw noEpoch(epoch)
      const signed = found.attestations.map(({ digest, operator }) => digest.slice(2, 18) + operator)
      const tag = `${found.post?.dataDigest ?? 0}-${signed.join('-')}`
      if (unchanged(request, reply, tag, REVALIDATE)) return reply
      return { epoch, ...(plain(found) as Omit<z.infer<typeof attestationsSchema>, 'epoch'>) }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/metrics/history',
    schema: {
      tags,
      summary: 'Figures of all final epochs, the oldest first',
      querystring: z.object(pageQuery),
      response: answers(pageSchema(figuresSchema)),
    },
    async handler(request, reply) {
      const query = pageOf(request.query)
      const figures = await reading.figures(query)
      void reply.header('cache-control', REVALIDATE)
      const items = figures.map(each => plain(each) as z.infer<typeof figuresSchema>)
      return { items, next: nextOf(figures, query.limit, ({ epoch }) => epoch) }
    },
  })
}

/** A full page may have one behind it: that of its last item. */
export function nextOf<T>(
  items: readonly T[],
  limit: number,
  keyOf: (item: T) => number | bigint,
): string | null {
  const last = items.at(-1)
  return last === undefined || items.length < limit ? null : String(keyOf(last))
}

export function noEpoch(epoch: number): ApiFault {
  return notFound(`epoch ${epoch}`, 'an epoch that was opened')
}

function epochView({ posts, ...epoch }: EpochSummary): z.infer<typeof epochSchema> {
  const views = posts.map(({ post, status, poster, signers, deadline, decidedAt = null }) => {
    const { ledgerRoot, dataDigest } = post
    return { status, poster, signers, deadline, decidedAt, ledgerRoot, dataDigest }
  })
  return { ...(plain(epoch) as Omit<z.infer<typeof epochSchema>, 'posts'>), posts: views }
}
