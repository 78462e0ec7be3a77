import path from 'node:path'
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
  /**
   * a folder beside the content of every store, for what is needed for a while only; every put renews it. Gateways, which
   * take nothing, are left out
   */
  area?: string
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
  const { stores, credentials, area, observe } = spec
  const patience = { ...PATIENCE, ...spec.patience }
  if (stores.length === 0)
    throw new ContentStoreError('NOT_A_STORE', { got: 'nothing', reason: 'an empty list' })
  const taking = area === undefined ? stores : stores.filter(each => !/^https?$/.test(schemeOf(each) ?? ''))
  if (taking.length === 0)
    throw new ContentStoreError('NOT_WRITABLE', { stores: stores.map(hostIn).join(', ') })
  return layered(
    taking.map(each => openLayer(each, { credentials, patience, area })),
    observe,
  )
}

/** A gateway by its host: its address may hold a password. */
function hostIn(location: string): string {
  return URL.canParse(location) ? new URL(location).host : location
}

/** Whether a location of a content store is a folder of this machine. */
export function isFolder(location: string): boolean {
  return schemeOf(location) === undefined
}

function schemeOf(location: string): string | undefined {
  return /^([a-z0-9+.-]+):\/\//i.exec(location)?.[1]?.toLowerCase()
}

interface LayerOptions {
  credentials: Credentials | undefined
  patience: Patience
  area: string | undefined
}

function openLayer(location: string, { credentials, patience, area }: LayerOptions): Layer {
  const scheme = schemeOf(location)
  if (scheme === undefined)
    return area === undefined ? openFolder(location) : renewing(openFolder(path.join(location, area)))
  const fault = (reason: string): never => {
    throw new ContentStoreError('NOT_A_STORE', { got: `${scheme}://...`, reason })
  }
  if (!URL.canParse(location)) return fault('no URL')
  const url = new URL(location)
  if (scheme === 'http' || scheme === 'https') return openGateway(url, patience)
  if (scheme !== 's3') return fault('an unknown kind of store')
  expectBucket(url)
  if (!credentials) return fault('no credentials for it are configured')
  return openBucket(url, credentials, { patience, area })
}

/** Written anew whatever is there, so that its age is that of its last use. */
function renewing(layer: Layer): Layer {
  return { ...layer, keeps: false }
}
