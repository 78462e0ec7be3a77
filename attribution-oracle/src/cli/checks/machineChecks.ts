import { makeFolder } from '@open-datanets/content-store'
import type { StatsFs } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Config } from '../../config'
import type { ContentStore } from '../../domain'
import { diskFault } from '../../errors'
import { EXIT } from '../../exitCode'
import { expectPublishFolder } from '../publishFolder'
import { attempt, fail, pass, warn, type Check } from './check'
import { hostOf } from './chainChecks'

const GIB = 2 ** 30
const OTHERS = 0o077

/** The file that the configuration came from: whoever reads it has its secrets. */
export async function checkConfigFile(file: string | undefined, secrets: boolean): Promise<readonly Check[]> {
  if (file === undefined || !secrets) return []
  return attempt('config file', 'check the path', async () => {
    const { mode } = await stat(file)
    if ((mode & OTHERS) === 0) return pass('config file', 'only its owner can read it')
    const says = `it holds secrets, and others can use it (${(mode & 0o777).toString(8)})`
    return warn('config file', says, `chmod 600 ${file}`)
  })
}

/** Writes a few bytes and reads them back by their digest. */
export function checkContent(content: ContentStore): Promise<readonly Check[]> {
  const fix = 'check that the content folder exists and may be written, and the rights of the bucket'
  return attempt('content', fix, async () => {
    const probe = new TextEncoder().encode('open-datanets/check')
    const digest = await content.put(probe)
    const read = await content.get(digest, probe.length)
    if (Buffer.compare(read, probe) === 0) return pass('content', 'written and read back by its digest')
    return fail('content', 'what was read is not what was written', fix, EXIT.broken)
  })
}

export async function checkFolders(config: Config): Promise<readonly Check[]> {
  const writable = await attempt('publish folder', 'create it, or change its rights', async () => {
    await expectPublishFolder(config)
    return pass('publish folder', config.publishFolder)
  })
  const space = await attempt('disk', 'create the content folder', async () => {
    const { bavail, bsize } = await spaceAt(config.contentFolder)
    const free = (bavail * bsize) / GIB
    const says = `${free.toFixed(1)} GiB free beside the content`
    if (free < 1) return fail('disk', says, 'free at least 1 GiB')
    return free < 10 ? warn('disk', says, 'free 10 GiB before the next epochs') : pass('disk', says)
  })
  return [...writable, ...space]
}

async function spaceAt(folder: string): Promise<Pick<StatsFs, 'bavail' | 'bsize'>> {
  try {
    await makeFolder(folder)
    return await statfs(folder)
  } catch (cause) {
    throw diskFault(folder, cause)
  }
}

/** What the server says when one connects; nothing is subscribed to. */
export async function checkNats({ natsUrl, rpcTimeoutMs }: Config): Promise<readonly Check[]> {
  if (natsUrl === undefined) return []
  const fix = 'start nats-server with -js, or leave natsUrl out to score in this process'
  return attempt('nats', fix, async () => {
    const info = await greeting(new URL(natsUrl), rpcTimeoutMs)
    if (info['jetstream'] === true) return pass('nats', `${hostOf(natsUrl)}, with JetStream`)
    return fail('nats', `${hostOf(natsUrl)} has no JetStream`, 'start it with -js')
  })
}

function greeting({ hostname, port }: URL, timeoutMs: number): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 4222), timeout: timeoutMs })
    let text = ''
    const end = (): void => {
      socket.destroy()
      const json = /^INFO (\{.*\})\s*\r\n/.exec(text)?.[1]
      resolve(json === undefined ? {} : (JSON.parse(json) as Record<string, unknown>))
    }
    socket.on('data', chunk => {
      text += chunk.toString()
      if (text.includes('\r\n')) end()
    })
    socket.once('timeout', end)
    socket.once('error', reject)
  })
}

/** A peer that is down is no fault of ours; without enough of them nothing is posted. */
export async function checkPeers({ peers, rpcTimeoutMs }: Config): Promise<readonly Check[]> {
  const checks = peers.map(async peer => {
    const name = `peer ${hostOf(peer)}`
    const signal = AbortSignal.timeout(rpcTimeoutMs)
    const answer = await fetch(new URL('health', withSlash(peer)), { signal }).catch(() => undefined)
    if (answer?.ok) return pass(name, 'it answers')
    const says = answer ? `it answers with ${answer.status}` : 'it does not answer'
    return warn(name, says, 'ask its operator; a post needs the words of enough peers')
  })
  return Promise.all(checks)
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`)
