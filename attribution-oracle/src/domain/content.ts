// The words of the content store, which every room of the project shares.
export {
  canonicalBytes,
  canonicalJson,
  isDigest,
  sha256,
  type ContentStore,
  type Digest,
} from '@open-datanets/content-store'
