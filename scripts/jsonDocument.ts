import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a document as JSON, whole or not at all; amounts become decimal text. */
export async function writeJsonDocument(path: string, document: object): Promise<void> {
  const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.tmp`, `${JSON.stringify(document, asText, 2)}\n`, { flush: true })
  await rename(`${path}.tmp`, path)
}
