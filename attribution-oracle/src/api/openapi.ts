import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { errorSchema } from './schemas'

/** What generated clients call each route. */
const OPERATIONS: Readonly<Record<string, string>> = {
  '/v1/users/:address/rewards': 'getRewards',
  '/v1/proofs/:address': 'getProof',
  '/v1/calldata/:address': 'getClaimCall',
  '/v1/epochs': 'listEpochs',
  '/v1/epochs/:epoch': 'getEpoch',
  '/v1/epochs/:epoch/manifest': 'getManifest',
  '/v1/epochs/:epoch/post': 'getPost',
  '/v1/epochs/:epoch/attestations': 'getAttestations',
  '/v1/epochs/:epoch/tree': 'getTree',
  '/v1/epochs/:epoch/car': 'getCar',
  '/v1/contributions': 'listContributions',
  '/v1/contributions/:id': 'getContribution',
  '/v1/explain/:target/:epoch': 'explain',
  '/v1/models': 'listModels',
  '/v1/metrics/history': 'listFigures',
  '/v1/events': 'listen',
  '/health': 'getHealth',
  '/ready': 'getReadiness',
  '/status': 'getStatus',
  '/metrics': 'getMetrics',
}
/** Answers without an ETag: lists grow, streams and the process move. */
const UNTAGGED = /^\/(health|ready|status|metrics|v1\/(events|epochs|models|contributions.*|metrics\/.*))$/
const FILES = /^\/v1\/epochs\/[^/]+\/(tree|car)$/
const ERRORS = ['4XX', '5XX']
const JSON_CONTENT = 'application/json'

interface Answer {
  description?: string
  content?: Record<string, { schema?: object }>
}
interface Operation {
  operationId?: string | undefined
  responses: Record<string, Answer>
}
interface Document {
  components?: { schemas?: Record<string, object> }
  paths?: Record<string, Record<string, Operation>>
}

/** How the document is made: from the schemas that requests and answers are checked with. */
export const documented: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Open Datanets attribution oracle',
      description: 'Rewards, proofs and everything behind them. Amounts are wei as decimal strings.',
      version: '1.0.0',
    },
  },
  transform(input) {
    const { schema, url } = jsonSchemaTransform(input)
    const operationId = OPERATIONS[url]
    return { schema: { ...schema, ...(operationId !== undefined && { operationId }) }, url }
  },
  transformObject(input) {
    const document = ('openapiObject' in input ? input.openapiObject : {}) as Document
    const schemas = { ...document.components?.schemas, Error: jsonSchemaOf(errorSchema) }
    for (const [path, operations] of Object.entries(document.paths ?? {}))
      for (const [method, operation] of Object.entries(operations)) {
        describeAnswers(path, operation)
        // a route that takes both has one description
        if (method === 'head')
          operations[method] = { ...operation, operationId: operation.operationId?.replace(/^get/, 'head') }
      }
    return { ...document, components: { ...document.components, schemas } }
  },
}

/** An error is JSON on every route, and what is no JSON has no JSON Schema. */
function describeAnswers(path: string, { responses }: Operation): void {
  for (const [status, answer] of Object.entries(responses)) {
    if (ERRORS.includes(status)) {
      answer.content = { [JSON_CONTENT]: { schema: { $ref: '#/components/schemas/Error' } } }
      continue
    }
    for (const [type, content] of Object.entries(answer.content ?? {})) {
      const binary = FILES.test(path) ? { contentMediaType: type } : { type: 'string' }
      if (type !== JSON_CONTENT) content.schema = binary
    }
  }
  if (!UNTAGGED.test(path)) responses['304'] = { description: 'The client has it: If-None-Match is its ETag' }
  if (FILES.test(path))
    responses['206'] = { description: 'The Range that was asked for', ...contentOf(responses) }
}

const contentOf = ({ 200: whole }: Record<string, Answer>): Pick<Answer, 'content'> =>
  whole?.content ? { content: whole.content } : {}

function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema)
  return rest
}
