import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PassParameter } from '../differentiate/graph/prepared'
import { OnnxEngineError } from '../errors'
import { makeFolder } from '../files/makeFolder'
import type { Tensor } from '../model/types'
import { writeHeader } from '../npy/header'
import { npyType, type NpyDType } from '../npy/npyArray'
import { fileNameOf } from './fileName'

interface OpenFile {
  readonly path: string
  readonly temporary: string
  readonly handle: FileHandle
}

/**
 * One NPY file per parameter, written part by part under other names and renamed when all are complete, so that
 * gradients need not fit into memory and a reader never sees half of them.
 */
export class GradientFiles {
  private readonly open = new Map<string, OpenFile>()

  /**
   * @param lead sizes before the parameters' own: the number of samples, or none
   * Rejects with FILE_FAILED.
   */
  static async create(
    folder: string,
    parameters: readonly PassParameter[],
    lead: readonly number[],
    dtype: NpyDType,
  ): Promise<GradientFiles> {
    const files = new GradientFiles(folder)
    return files.guarded(async () => {
      await makeFolder(folder)
      for (const [number, { name, dims }] of parameters.entries()) {
        const path = join(folder, fileNameOf(name, number))
        const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
        const handle = await open(temporary, 'wx')
        files.open.set(name, { path, temporary, handle })
        await handle.write(writeHeader(npyType(dtype)!, [...lead, ...dims]))
      }
      return files
    })
  }

  private constructor(private readonly folder: string) {}

  append(gradients: ReadonlyMap<string, Tensor>): Promise<void> {
    return this.guarded(async () => {
      for (const [name, { data }] of gradients) {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        await this.open.get(name)!.handle.writeFile(bytes)
      }
    })
  }

  finish(): Promise<void> {
    return this.guarded(async () => {
      for (const { handle } of this.open.values()) await handle.close()
      for (const { temporary, path } of this.open.values()) await rename(temporary, path)
    })
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    for (const { handle, temporary } of this.open.values()) {
      await handle.close().catch(() => undefined)
      await rm(temporary, { force: true })
    }
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      await this.discard()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new OnnxEngineError('FILE_FAILED', { path: this.folder, operation: 'write', reason }, { cause })
    }
  }
}
