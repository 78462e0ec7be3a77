import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  method: string
  /** with the query, as it was sent */
  path: string
  headers: IncomingMessage['headers']
  body: Buffer
}

export type Answer = (asked: Asked, response: ServerResponse) => void

/** A real HTTP server that answers as it is told and remembers what it was asked. */
export class HttpServer {
  readonly asked: Asked[] = []

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly url: string,
  ) {}

  static async start(answer: Answer): Promise<HttpServer> {
    const server = createServer((request, response) => void handle(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const started = new HttpServer(server, `http://127.0.0.1:${port}`)
    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const { method = '', url = '', headers } = request
      const asked = { method, path: url, headers, body: Buffer.concat(parts) }
      started.asked.push(asked)
      answer(asked, response)
    }
    return started
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}
