import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REFERENCE_FILES } from './cli/reference'

const ROOT = join(__dirname, '../..')

async function write(): Promise<void> {
  for (const { path, written } of REFERENCE_FILES) {
    const file = join(ROOT, path)
    const now = await readFile(file, 'utf8').catch(() => '')
    await writeFile(file, await written(now))
    process.stdout.write(`${path}\n`)
  }
}

void write()
