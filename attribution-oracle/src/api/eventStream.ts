import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { ServiceEvent } from '../domain'
import { ApiFault } from './faults'
import { plain } from './json'

/** What is told to strangers of all that happens. */
const TOLD: ReadonlySet<ServiceEvent['kind']> = new Set([
  ...(['epoch', 'deadline', 'posted', 'verified', 'challenge'] as const),
])
/** Events that can be had again after a broken connection. */
const KEPT = 1000
const MOST_LISTENERS = 512
const MOST_OF_AN_ADDRESS = 16
/** A listener that takes nothing is let go with so many bytes waiting. */
const MOST_WAITING_BYTES = 1 << 20

interface Told {
  number: number
  text: string
}

/**
 * Server-sent events of epochs. An id is the number of an event within one life of the process: a client that comes back
 * with one gets what it missed, and one whose id is of another life, or too old, gets `reset` and asks for epochs again.
 */
export class EventStream {
  private readonly life = randomBytes(4).toString('hex')
  private readonly kept: Told[] = []
  /** with the address that each came from, where addresses are told apart */
  private readonly listeners = new Map<ServerResponse, string | undefined>()
  private readonly heartbeat: NodeJS.Timeout
  private last = 0

  constructor(heartbeatMs: number) {
    this.heartbeat = setInterval(() => this.send(': still here\n\n'), heartbeatMs)
    this.heartbeat.unref()
  }

  tell = (event: ServiceEvent): void => {
    if (!TOLD.has(event.kind)) return
    const number = ++this.last
    const { kind, ...data } = event
    const text = `id: ${this.life}-${number}\nevent: ${kind}\ndata: ${JSON.stringify(plain(data))}\n\n`
    this.kept.push({ number, text })
    if (this.kept.length > KEPT) this.kept.shift()
    this.send(text)
  }

  /**
   * Adds a listener, whose response has its head already, and sends what it missed.
   * @param lastId the Last-Event-ID of a client that comes back
   * @param state what a new client starts from
   * @param mark what `mark` gave before that was read: what happened since is told, too
   */
  add(
    response: ServerResponse,
    address: string | undefined,
    lastId: string | undefined,
    state: unknown,
    mark: number,
  ): void {
    // one that is gone already closes no more
    if (response.destroyed) return
    const id = `${this.life}-${mark}`
    const missed = this.missed(lastId)
    const start =
      missed ??
      `id: ${id}\nevent: ${lastId === undefined ? 'state' : 'reset'}\ndata: ${JSON.stringify(plain(state))}\n\n${this.after(mark)}`
    response.write(`retry: 3000\n\n${start}`)
    this.listeners.set(response, address)
    response.once('close', () => this.listeners.delete(response))
  }

  /** The number of the last event. */
  mark(): number {
    return this.last
  }

  /** @throws ApiFault BUSY, TOO_MANY_REQUESTS */
  expectRoom(address: string | undefined): void {
    if (this.listeners.size >= MOST_LISTENERS)
      throw new ApiFault(503, 'BUSY', `${MOST_LISTENERS} clients listen already; try again later`)
    if (address === undefined) return
    const own = [...this.listeners.values()].filter(each => each === address).length
    if (own < MOST_OF_AN_ADDRESS) return
    throw new ApiFault(429, 'TOO_MANY_REQUESTS', `${own} clients of this address listen already; close one`)
  }

  close(): void {
    clearInterval(this.heartbeat)
    for (const response of this.listeners.keys()) response.end()
    this.listeners.clear()
  }

  /** What came after an id of this life; undefined where that cannot be told. */
  private missed(lastId: string | undefined): string | undefined {
    const [, life, number] = /^([0-9a-f]{8})-([0-9]{1,15})$/.exec(lastId ?? '') ?? []
    const from = Number(number)
    const oldest = this.last - this.kept.length
    if (life !== this.life || from < oldest || from > this.last) return undefined
    return this.after(from)
  }

  private after(number: number): string {
    return this.kept
      .filter(each => each.number > number)
      .map(({ text }) => text)
      .join('')
  }

  private send(text: string): void {
    for (const response of this.listeners.keys()) {
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy()
      else response.write(text)
    }
  }
}
