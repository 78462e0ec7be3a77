import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join, relative, sep } from 'node:path'

import { sha256, type Digest } from '@open-datanets/content-store'

import { ProtocolError } from './errors'

/** What a contributor offers: a name (unique in the batch), and its bytes. */
export interface SourceFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface ReadOptions {
  /** Files of a folder are taken when their name ends like this. Default ".sol". */
  readonly extension?: string
}

/** Greatest size of one item, in bytes, unless the caller says otherwise. */
export const MAX_ITEM_BYTES = 1 << 20

const MEDIA_TYPES: { readonly [extension: string]: string } = {
  '.sol': 'text/x-solidity',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.json': 'application/json',
}

/** The media type of an item by its name; bytes of an unknown kind are `application/octet-stream`. */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream'
}

/**
 * Reads files and folders. A file is taken whatever its ending; a folder gives all its files (its subfolders'
 * too) with the extension, in the order of their names. Names are relative to the folder given, with `/`.
 * @throws ProtocolError FILE_UNREADABLE, FILES_MISSING.
 */
export async function readSourceFiles(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<SourceFile[]> {
  const extension = options.extension ?? '.sol'
  const files: SourceFile[] = []
  for (const path of paths) {
    if (!(await orUnreadable(path, stat(path))).isDirectory()) {
      files.push({ name: basename(path), bytes: await orUnreadable(path, readFile(path)) })
      continue
    }
    const found = await filesUnder(path, extension)
    if (found.length === 0) {
      throw new ProtocolError('FILES_MISSING', { path, expected: `at least one *${extension} file` })
    }
    for (const file of found) {
      const name = relative(path, file).split(sep).join('/')
      files.push({ name, bytes: await orUnreadable(file, readFile(file)) })
    }
  }
  return files
}

/**
 * Refuses what no screening would ever accept, before anything is sent or paid for.
 * @returns the digest of each file, in order.
 * @throws ProtocolError FILES_MISSING, FILE_EMPTY, FILE_TOO_LARGE, FILE_NOT_TEXT, FILE_DUPLICATE.
 */
export function checkSourceFiles(files: readonly SourceFile[], maxItemBytes = MAX_ITEM_BYTES): Digest[] {
  if (files.length === 0)
    throw new ProtocolError('FILES_MISSING', { path: 'the list of files', expected: 'at least one' })
  const names = new Map<string, string>()
  const digests = new Map<Digest, string>()
  return files.map(({ name: path, bytes }) => {
    if (bytes.length === 0) throw new ProtocolError('FILE_EMPTY', { path })
    if (bytes.length > maxItemBytes) {
      throw new ProtocolError('FILE_TOO_LARGE', { path, got: bytes.length, expected: maxItemBytes })
    }
    checkText(path, bytes)
    const digest = sha256(bytes)
    refuseSecond(names, path, path, `the name "${path}" a second time`)
    refuseSecond(digests, digest, path, `the same bytes (${digest})`)
    return digest
  })
}

function refuseSecond<K>(seen: Map<K, string>, key: K, path: string, got: string): void {
  const first = seen.get(key)
  if (first !== undefined) throw new ProtocolError('FILE_DUPLICATE', { path, got, first })
  seen.set(key, path)
}

function checkText(path: string, bytes: Uint8Array): void {
  const mediaType = mediaTypeOf(path)
  if (!mediaType.startsWith('text/') && mediaType !== 'application/json') return
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ProtocolError('FILE_NOT_TEXT', { path, got: 'bytes that are not UTF-8', mediaType }, { cause })
  }
}

// Links are left out: a link out of the folder would publish what the contributor did not mean to.
async function filesUnder(folder: string, extension: string): Promise<string[]> {
  const entries = await orUnreadable(folder, readdir(folder, { recursive: true, withFileTypes: true }))
  return entries
    .filter(entry => entry.isFile() && entry.name.endsWith(extension))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

async function orUnreadable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new ProtocolError('FILE_UNREADABLE', { path, got }, { cause })
  }
}
