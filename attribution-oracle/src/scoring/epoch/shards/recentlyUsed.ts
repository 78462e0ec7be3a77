/** Keeps what was used last, up to a total size. */
export class RecentlyUsed<V> {
  readonly #entries = new Map<string, V>()
  #size = 0

  constructor(
    private readonly most: number,
    private readonly sizeOf: (value: V) => number = () => 1,
  ) {}

  get(key: string, make: () => V): V {
    let value = this.#entries.get(key)
    if (value === undefined) {
      value = make()
      this.#size += this.sizeOf(value)
    } else this.#entries.delete(key)
    this.#entries.set(key, value)
    this.#shrink()
    return value
  }

  /** The last one stays, however large: it is in use. */
  #shrink(): void {
    for (const [key, value] of this.#entries) {
      if (this.#size <= this.most || this.#entries.size === 1) return
      this.#entries.delete(key)
      this.#size -= this.sizeOf(value)
    }
  }
}
