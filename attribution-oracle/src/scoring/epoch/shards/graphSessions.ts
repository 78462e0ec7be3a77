import type { SessionPool } from '@open-datanets/onnx-engine'

interface Waiting {
  readonly key: string
  enter(): void
}

/**
 * Sessions of one graph at a time, because a graph fills the memory: who asks for the same one as the others shares its
 * sessions, who asks for another waits until they are done. In the order of asking, so that nobody waits for ever.
 */
export class GraphSessions {
  readonly #waiting: Waiting[] = []
  #key: string | undefined
  #users = 0
  #pool: Promise<SessionPool> | undefined
  /** the sessions of the graph before, on their way out */
  #closing: Promise<unknown> = Promise.resolve()

  /** @param key of everything that the graph depends on */
  async use<T>(
    key: string,
    open: () => Promise<SessionPool>,
    work: (pool: SessionPool) => Promise<T>,
  ): Promise<T> {
    await this.#turn(key)
    try {
      this.#pool ??= this.#closing.then(open)
      return await work(await this.#pool)
    } catch (error) {
      // its threads may have died: the next one starts with others
      if (this.#key === key) this.#key = undefined
      throw error
    } finally {
      this.#users--
      this.#admit()
    }
  }

  /** Ends the sessions as soon as nobody uses them. */
  async close(): Promise<void> {
    await this.#turn('')
    this.#users--
    this.#admit()
    await this.#closing
  }

  #turn(key: string): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push({ key, enter: resolve })
      this.#admit()
    })
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.key !== this.#key) {
        if (this.#users > 0) return
        this.#leave()
        this.#key = next.key
      }
      this.#waiting.shift()
      this.#users++
      next.enter()
    }
  }

  #leave(): void {
    const last = this.#pool
    this.#pool = undefined
    // sessions that never opened have nothing to close
    this.#closing = last?.then(pool => pool.close()).catch(() => undefined) ?? this.#closing
  }
}
