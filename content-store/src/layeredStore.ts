import type { ContentEvent, ContentStore, Layer } from './contentStore'
import { checkedDigest, sha256, type Digest } from './digest'
import { ContentStoreError, type ContentStoreErrorCode } from './errors'

/**
 * What is reported of several layers that failed in several ways, first to last: while one store cannot say whether it
 * has the bytes, they are not missing.
 */
const TELLING: readonly ContentStoreErrorCode[] = [
  'CONTENT_UNREACHABLE',
  'CONTENT_UNREADABLE',
  'CONTENT_REFUSED',
  'DIGEST_MISMATCH',
  'CONTENT_CORRUPT',
]

/**
 * Several stores as one. Reading asks them in their order, and what a later one gives is kept in the folders before it, in
 * place of what was damaged there; writing goes to every one that can be written.
 */
export function layered(
  layers: readonly Layer[],
  observe: (event: ContentEvent) => void = () => undefined,
): ContentStore {
  const writable = layers.filter(layer => layer.write)
  const seen = async <T>(
    layer: Layer,
    operation: 'get' | 'put',
    work: () => Promise<T>,
    sizeOf: (done: T) => number,
  ): Promise<T> => {
    const tell = (result: ContentEvent['result'], bytes: number): void =>
      observe({ store: layer.name, operation, result, bytes })
    try {
      const done = await work()
      tell('hit', sizeOf(done))
      return done
    } catch (error) {
      tell(isCode(error, 'CONTENT_MISSING') ? 'miss' : 'error', 0)
      throw error
    }
  }
  const write = (layer: Layer, digest: Digest, bytes: Uint8Array): Promise<void> =>
    seen(
      layer,
      'put',
      () => layer.write!(digest, bytes),
      () => bytes.length,
    )

  return {
    async put(bytes) {
      if (writable.length === 0)
        throw new ContentStoreError('NOT_WRITABLE', { stores: namesOf(layers).join(', ') })
      const digest = sha256(bytes)
      for (const layer of writable)
        if (!(layer.keeps && (await layer.has(digest)))) await write(layer, digest, bytes)
      return digest
    },

    async get(digest, maxBytes) {
      checkedDigest(digest)
      const failures: ContentStoreError[] = []
      for (const [place, layer] of layers.entries()) {
        try {
          const bytes = await seen(
            layer,
            'get',
            () => layer.get(digest, maxBytes),
            each => each.length,
          )
          // what cannot be kept was told to the observer, and is good all the same
          for (const earlier of layers.slice(0, place).filter(({ keeps }) => keeps))
            await write(earlier, digest, bytes).catch(() => undefined)
          return bytes
        } catch (error) {
          if (!(error instanceof ContentStoreError) || error.code === 'CONTENT_TOO_LARGE') throw error
          failures.push(error)
        }
      }
      throw mostTelling(failures) ?? missing(digest, failures)
    },

    async has(digest) {
      checkedDigest(digest)
      const failures: ContentStoreError[] = []
      for (const layer of layers) {
        try {
          if (await layer.has(digest)) return true
        } catch (error) {
          if (!(error instanceof ContentStoreError)) throw error
          failures.push(error)
        }
      }
      if (failures.length > 0) throw mostTelling(failures)!
      return false
    },
  }
}

function mostTelling(failures: readonly ContentStoreError[]): ContentStoreError | undefined {
  const ranked = TELLING.flatMap(code => failures.filter(failure => failure.code === code))
  return ranked[0]
}

function missing(digest: Digest, failures: readonly ContentStoreError[]): ContentStoreError {
  const places = failures.map(({ data }) => ('path' in data ? data.path : ''))
  return new ContentStoreError('CONTENT_MISSING', { digest, path: places.join(', ') })
}

function namesOf(layers: readonly Layer[]): string[] {
  return layers.map(({ name }) => name)
}

function isCode(error: unknown, code: ContentStoreErrorCode): boolean {
  return error instanceof ContentStoreError && error.code === code
}
