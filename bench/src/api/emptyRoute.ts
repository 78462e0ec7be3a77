import Fastify from 'fastify'

/** The least that a fastify server can do. */
async function main(): Promise<void> {
  const app = Fastify()
  app.get('/', async () => ({ hello: 'world' }))
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
}

void main()
