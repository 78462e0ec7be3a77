import { connect } from 'node:net'

/** An answer as it came over the socket. */
export interface RawAnswer {
  status: number
  headers: ReadonlyMap<string, string>
  body: string
}

/**
 * Sends bytes as they are and reads one answer; undefined when the server closed without one.
 * @param hangUp ends our side after the bytes, for requests that are none
 */
export function rawRequest(
  url: string,
  bytes: Uint8Array | string,
  hangUp = false,
): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    // nothing follows the head of an answer to HEAD, whatever length it names
    const headOnly = Buffer.from(bytes).toString('latin1', 0, 5) === 'HEAD '
    let text = ''
    const socket = connect(Number(port), hostname)
    const done = (answer: RawAnswer | undefined): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      text += part
      const answer = answerIn(text, headOnly)
      if (answer) done(answer)
    })
    socket.on('close', () => done(answerIn(text, true)))
    // a server that closes while we still write resets the connection: what it said before counts
    socket.on('error', error => {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') reject(error)
    })
    socket.on('connect', () => {
      socket.write(bytes)
      if (hangUp) socket.end()
    })
  })
}

/** What was read so far, once it is whole; a stream of events is as soon as its head is there. */
function answerIn(text: string, closed: boolean): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(line)?.[1])
  // an interim answer is not the answer
  if (status === 100) return answerIn(text.slice(end + 4), closed)
  const headers = new Map(
    fields.map(field => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
    }),
  )
  const body = text.slice(end + 4)
  const length = headers.get('content-length')
  const whole = length === undefined || body.length >= Number(length)
  return whole || closed ? { status, headers, body } : undefined
}
