import { PATIENCE, type Patience } from './backoff'
import type { ContentEvent, ContentStore, Layer } from './contentStore'
import { ContentStoreError } from './errors'
import { openFolder } from './folderStore'
import { openGateway } from './gatewayStore'
import { layered } from './layeredStore'
import { expectBucket, openBucket, type Credentials } from './s3Store'

export interface ContentStoreSpec {
  /**
   * read in this order; each a folder, an http(s) URL of a gateway (GET {url}/{digest}), or
   * s3://bucket/prefix?region=...&endpoint=...
   */
  stores: readonly string[]
  /** for every s3:// store */
  credentials?: Credentials
  patience?: Partial<Patience>
  observe?: (event: ContentEvent) => void
}

/**
 * Opens a content store: a folder, or several stores as one.
 * @throws NOT_A_STORE; nothing is asked of any store yet
 */
export function openContentStore(spec: string | ContentStoreSpec): ContentStore {
  if (typeof spec === 'string') return openContentStore({ stores: [spec] })
  const { stores, credentials, observe } = spec
  const patience = { ...PATIENCE, ...spec.patience }
  if (stores.length === 0)
    throw new ContentStoreError('NOT_A_STORE', { got: 'nothing', reason: 'an empty list' })
  return layered(
    stores.map(each => openLayer(each, credentials, patience)),
    observe,
  )
}

function openLayer(location: string, credentials: Credentials | undefined, patience: Patience): Layer {
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(location)?.[1]?.toLowerCase()
  if (scheme === undefined) return openFolder(location)
  const fault = (reason: string): never => {
    throw new ContentStoreError('NOT_A_STORE', { got: `${scheme}://...`, reason })
  }
  if (!URL.canParse(location)) return fault('no URL')
  const url = new URL(location)
  if (scheme === 'http' || scheme === 'https') return openGateway(url, patience)
  if (scheme !== 's3') return fault('an unknown kind of store')
  expectBucket(url)
  return credentials ? openBucket(url, credentials, patience) : fault('no credentials for it are configured')
}
