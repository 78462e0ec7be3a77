/** What a value becomes that may not stand in a label. */
export const OTHER = 'other'

const NAME = /^[\w ./:{}*()-]{1,80}$/
const HOST = /^[\w.-]{1,100}(:\d{1,5})?$|^\[[0-9a-fA-F:]{2,45}\](:\d{1,5})?$/
/** An account, a digest or a key: no label may name one. */
const LONG_HEX = /[0-9a-fA-F]{32}/

/**
 * A label that takes at most so many values for as long as the process lives; all others become "other". A label is a
 * time series for every value, and some of them come from strangers.
 */
export class BoundedLabel {
  private readonly seen = new Set<string>()

  constructor(
    private readonly limit: number,
    private readonly clean: (value: string) => string = nameLabel,
  ) {}

  of(value: string): string {
    const label = this.clean(value)
    if (label === OTHER || this.seen.has(label)) return label
    if (this.seen.size >= this.limit) return OTHER
    this.seen.add(label)
    return label
  }
}

/** A word of ours: a stage, a method, a route with its parameters unfilled. */
export function nameLabel(value: string): string {
  return NAME.test(value) && !LONG_HEX.test(value) ? value : OTHER
}

/** Host and port of an endpoint or a peer, whether it is named by them or, by mistake, by its whole URL. */
export function hostLabel(value: string): string {
  const host = value.includes('://') ? hostOf(value) : value
  return HOST.test(host) && !LONG_HEX.test(host) ? host : OTHER
}

/** An own account. */
export function addressLabel(value: string): string {
  return /^0x[0-9a-fA-F]{40}$/.test(value) ? value : OTHER
}

export function digestLabel(value: string): string {
  return /^(0x)?[0-9a-fA-F]{64}$/.test(value) ? value : OTHER
}

function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return OTHER
  }
}
