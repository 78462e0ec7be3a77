import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT } from '../../src/exitCode'

const MAIN = join(__dirname, '../../src/main.ts')
const SCHEMA = ['--require', require.resolve('tsx/cjs'), MAIN, 'config', 'schema']

describe('a command whose output nobody takes', () => {
  it('ends as if it had been read, without a stack, when the reader is gone', async () => {
    const child = spawn(process.execPath, SCHEMA, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let err = ''
    child.stderr.on('data', (text: Buffer) => (err += text.toString()))
    const [code] = (await once(child, 'close')) as [number]
    expect([code, err]).to.deep.equal([EXIT.done, ''])
  })

  it('says that its result was lost on a full disk', async function () {
    if (!existsSync('/dev/full')) this.skip()
    const full = await open('/dev/full', 'w')
    const child = spawn(process.execPath, SCHEMA, { stdio: ['ignore', full.fd, 'pipe'] })
    let err = ''
    child.stderr!.on('data', (text: Buffer) => (err += text.toString()))
    const [code] = (await once(child, 'close')) as [number]
    await full.close()
    expect(code, err).to.equal(EXIT.unreachable)
    expect(err)
      .to.contain('DISK_FAILED')
      .and.to.contain('ENOSPC')
      .and.to.not.match(/\n\s+at /)
  })
})
