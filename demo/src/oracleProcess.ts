import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { DemoError } from './errors'
import type { Terminal } from './terminal'

const MAIN = path.join(path.dirname(require.resolve('@open-datanets/attribution-oracle')), 'main.ts')

export interface OracleConfig {
  /** Folder of this oracle alone: its configuration, its store, what it publishes. */
  folder: string
  rpcUrl: string
  /** Path of the deployment record. */
  deployment: string
  contentFolder: string
  workers: number
  operatorKey?: string
}

/** Writes the configuration file that an operator would write. @returns its path */
export async function writeOracleConfig({ folder, operatorKey, ...shared }: OracleConfig): Promise<string> {
  const file = path.join(folder, 'oracle.json')
  const own = {
    storeFolder: 'store',
    publishFolder: 'published',
    pollMs: 50,
    ...(operatorKey && { operatorKey }),
  }
  await writeFile(file, JSON.stringify({ ...shared, ...own }, null, 2), { mode: 0o600 })
  return file
}

/** Runs one command of the oracle as a process of its own and returns its JSON answer. An abort ends the process. */
export async function runOracle(
  command: readonly string[],
  config: string,
  options: { terminal: Terminal; who: string; signal: AbortSignal },
): Promise<Record<string, unknown>> {
  const args = ['--import', 'tsx', MAIN, ...command, '--config', config, '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: options.signal })
  const stages = stageBars(options.terminal, options.who)
  let answer = ''
  const complaints: string[] = []
  child.stdout.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  createInterface({ input: child.stderr }).on('line', line => {
    const event = parsed(line)
    if (event?.['event'] !== 'progress') return void complaints.push(line)
    stages.update(String(event['stage']), Number(event['done']), Number(event['total']))
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  stages.stop()
  const result = parsed(answer)
  // 3 is an answer, too: the post differs.
  if (result && (code === 0 || code === 3)) return result
  const output = [...complaints, answer].join('\n').trim()
  throw new DemoError('PROCESS_FAILED', { command: `attribution-oracle ${command.join(' ')}`, code, output })
}

const STAGES: Record<string, string> = {
  ingest: 'reading the chain',
  screen: 'screening',
  score: 'scoring',
  noise: 'looking for noise',
  settle: 'settling',
  publish: 'publishing',
}

/** A bar for every stage that the process goes through. */
function stageBars(
  terminal: Terminal,
  who: string,
): { update(stage: string, done: number, total: number): void; stop(): void } {
  let current = ''
  let bar = terminal.progress('')
  return {
    update(stage, done, total) {
      if (stage !== current) {
        bar.stop()
        bar = terminal.progress(`${who}: ${STAGES[stage] ?? stage}`)
        current = stage
      }
      bar.update(done, total)
    },
    stop: () => bar.stop(),
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
