import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { epochCar } from '../../content'
import {
  ATTESTATION_FORMAT,
  attestationDocument,
  parseDocument,
  postDocument,
  type AttestationDocument,
  type ContentStore,
  type Post,
  type ServedFile,
} from '../../domain'
import { isFault } from '../../errors'
import { publishedFiles } from '../publish'

/** A file of an epoch, if it is there. */
export async function servedFile(
  folder: string,
  epoch: number,
  kind: 'tree' | 'car',
  final: boolean,
): Promise<ServedFile | undefined> {
  const path = publishedFiles(folder, epoch)[kind]
  const facts = await stat(path).catch(() => undefined)
  if (!facts?.isFile()) return undefined
  return {
    name: `epoch-${epoch}.${kind === 'tree' ? 'tree.bin' : 'car'}`,
    length: facts.size,
    tag: `${facts.ino}-${facts.mtimeMs}-${facts.size}`,
    final,
    read: (start = 0, end = Infinity) => createReadStream(path, { start, end, highWaterMark: 1 << 18 }),
  }
}

/** The CAR of a final epoch from content, where nothing was published here. @throws CONTENT_MISSING, INVALID_DOCUMENT */
export async function carFromContent(content: ContentStore, post: Post): Promise<ServedFile> {
  const car = await epochCar(content, post.dataDigest, post)
  const name = `epoch-${post.epoch}.car`
  return { name, length: undefined, tag: `car-${post.dataDigest}`, final: true, read: () => car }
}

/** The words of operators that lie beside an epoch; what is no attestation of it is passed over. */
export async function attestationsOf(folder: string, epoch: number): Promise<AttestationDocument[]> {
  const path = dirname(publishedFiles(folder, epoch).proposal)
  const names = await readdir(path).catch(() => [])
  const found: AttestationDocument[] = []
  for (const name of names.filter(each => /^attestation-.*\.json$/.test(each)).sort()) {
    const read = await readDocument(join(path, name), bytes =>
      parseDocument(attestationDocument, ATTESTATION_FORMAT, bytes),
    )
    if (read?.epoch === epoch) found.push(read)
  }
  return found
}

/** The post that was settled here. */
export async function settledHere(folder: string, epoch: number): Promise<Post | undefined> {
  const { proposal } = publishedFiles(folder, epoch)
  const post = await readDocument(proposal, bytes => parseDocument(postDocument, 'post', bytes))
  return post?.epoch === epoch ? post : undefined
}

async function readDocument<T>(path: string, parse: (bytes: Uint8Array) => T): Promise<T | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  try {
    return bytes && parse(bytes)
  } catch (error) {
    if (isFault(error, 'INVALID_DOCUMENT')) return undefined
    throw error
  }
}
