import { createHash } from 'node:crypto'
import { createReadStream, realpathSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, isAbsolute, join, sep, win32 } from 'node:path'
import { OnnxEngineError } from '../errors'
import { decodeModel } from '../model/decode'
import type { ExternalData } from '../model/externalData'
import type { Model } from '../model/types'
import { readBytes } from './fileSystem'

interface Pending {
  readonly reference: ExternalData
  readonly memory: Uint8Array
}

/** One system call reads less than this much. */
const MOST_BYTES = 2 ** 30

/**
 * Reads an ONNX file and the files beside it that hold its external data. A location must stay in the folder of the
 * model (or, where the model is a link, in the folder of its target, as download caches have it); sizes and stated
 * checksums are verified.
 * @throws OnnxEngineError FILE_FAILED, EXTERNAL_DATA with the tensor and the location, and what decodeModel throws
 */
export async function readModelFile(path: string): Promise<Model> {
  const bytes = await readBytes(path)
  const files = new Map<string, { file: string; size: number }>()
  const pending: Pending[] = []
  const model = decodeModel(bytes, {
    external: reference => {
      const { location, offset, bytes: length } = reference
      const found = files.get(location) ?? locate(path, reference)
      files.set(location, found)
      // Before the memory is taken: dims are only a claim.
      if (offset + length > found.size)
        throw fault(reference, `a file of ${found.size} bytes`, `${length} bytes from byte ${offset}`)
      const memory = new Uint8Array(length)
      pending.push({ reference, memory })
      return memory
    },
  })
  for (const [location, { file }] of files) {
    const parts = pending.filter(({ reference }) => reference.location === location)
    await verify(file, parts)
    await fill(file, parts)
  }
  return model
}

const fault = ({ tensor, location }: ExternalData, got: string, expected: string): OnnxEngineError =>
  new OnnxEngineError('EXTERNAL_DATA', { tensor, location, got, expected })

function locate(modelPath: string, reference: ExternalData): { file: string; size: number } {
  const { location } = reference
  const segments = location.split(/[/\\]/)
  if (
    isAbsolute(location) ||
    win32.isAbsolute(location) ||
    segments.includes('..') ||
    location.includes('\0')
  )
    throw fault(reference, 'a path that leaves the folder', 'a file in the folder of the model')
  const path = join(dirname(modelPath), location)
  try {
    const file = realpathSync(path)
    const folders = [realpathSync(dirname(modelPath)), dirname(realpathSync(modelPath))]
    if (!folders.some(folder => file.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
      throw fault(reference, `a link to ${file}`, 'a file in the folder of the model')
    const status = statSync(file)
    if (!status.isFile()) throw fault(reference, 'no regular file', 'a file')
    return { file, size: status.size }
  } catch (error) {
    if (error instanceof OnnxEngineError) throw error
    throw fault(reference, `no file ${path}`, 'the file that the model was exported with, beside it')
  }
}

async function verify(file: string, parts: readonly Pending[]): Promise<void> {
  const stating = parts.filter(({ reference }) => reference.checksum !== undefined)
  if (stating.length === 0) return
  const hash = createHash('sha1')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  } catch (error) {
    throw fault(stating[0]!.reference, String(error), 'a file that can be read')
  }
  const got = hash.digest('hex')
  for (const { reference } of stating)
    if (reference.checksum!.toLowerCase() !== got) throw fault(reference, `SHA-1 ${got}`, reference.checksum!)
}

async function fill(file: string, parts: readonly Pending[]): Promise<void> {
  const handle = await open(file)
  try {
    for (const { reference, memory } of parts)
      for (let done = 0; done < memory.length;) {
        const most = Math.min(MOST_BYTES, memory.length - done)
        const { bytesRead } = await handle.read(memory, done, most, reference.offset + done)
        if (bytesRead === 0)
          throw fault(reference, `${done} bytes`, `${memory.length} from byte ${reference.offset}`)
        done += bytesRead
      }
  } finally {
    await handle.close()
  }
}
