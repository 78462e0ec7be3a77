import { adapterFromSafetensors } from '@open-datanets/onnx-engine'
import type { ContentStore, Digest } from '@open-datanets/content-store'
import { OpenLoraError } from '../errors'
import { decodedAdapter, type DecodedAdapter, type SlotShape } from './decodedAdapter'

/** Where an adapter's safetensors metadata names the base model that it was trained on. */
export const BASE_KEY = 'base'

export interface AdapterStoreOptions {
  /** digest of the base model that every adapter must have been trained on */
  base: Digest
  shape: SlotShape
  /** memory for decoded adapters; one that is larger alone is still served, but not kept */
  bytesLimit: number
}

/** Adapters by digest: safetensors in the content store, the last used ones decoded in memory. */
export class AdapterStore {
  readonly #content: ContentStore
  readonly #options: AdapterStoreOptions
  /** least recently used first */
  readonly #decoded = new Map<Digest, DecodedAdapter>()
  readonly #loading = new Map<Digest, Promise<DecodedAdapter>>()
  #bytes = 0

  constructor(options: AdapterStoreOptions, content: ContentStore) {
    this.#options = options
    this.#content = content
  }

  /** bytes of decoded adapters in memory */
  get bytes(): number {
    return this.#bytes
  }

  isDecoded(digest: Digest): boolean {
    return this.#decoded.has(digest)
  }

  /**
   * The adapter, decoded. Requests for one that is just being loaded share the load. Throws BASE_MISMATCH,
   * ADAPTER_UNFIT, or what the content store and the safetensors reader say.
   */
  get(digest: Digest): Promise<DecodedAdapter> {
    const decoded = this.#decoded.get(digest)
    if (decoded) {
      this.#decoded.delete(digest)
      this.#decoded.set(digest, decoded)
      return Promise.resolve(decoded)
    }
    const loading =
      this.#loading.get(digest) ?? this.#load(digest).finally(() => this.#loading.delete(digest))
    this.#loading.set(digest, loading)
    return loading
  }

  async #load(digest: Digest): Promise<DecodedAdapter> {
    const bytes = await this.#content.get(digest)
    const { adapter: lora, metadata } = adapterFromSafetensors(bytes)
    const base = metadata[BASE_KEY] ?? 'no digest'
    if (base !== this.#options.base) throw baseMismatch(digest, base, this.#options.base)
    const adapter = decodedAdapter(digest, lora, this.#options.shape)
    this.#keep(adapter)
    return adapter
  }

  #keep(adapter: DecodedAdapter): void {
    const { bytesLimit } = this.#options
    if (adapter.bytes > bytesLimit) return
    for (const [digest, { bytes }] of this.#decoded) {
      if (this.#bytes + adapter.bytes <= bytesLimit) break
      this.#decoded.delete(digest)
      this.#bytes -= bytes
    }
    this.#decoded.set(adapter.digest, adapter)
    this.#bytes += adapter.bytes
  }
}

function baseMismatch(digest: Digest, got: string, expected: Digest): OpenLoraError {
  return new OpenLoraError(
    'BASE_MISMATCH',
    {
      what: `adapter ${digest} was trained on another base model`,
      got,
      expected,
      fix: 'serve it beside its own base model',
    },
    { got, expected },
  )
}
