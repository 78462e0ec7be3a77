import type { Command } from 'commander'
import { configDigest, configJsonSchema, redacted } from '../config'
import { EXIT } from '../exitCode'
import { configured, plain, type Answer, type Session } from './session'

/** `config print|check|schema`. */
export function addConfigCommands(program: Command): void {
  const group = program.command('config').description('the configuration that the other commands would use')
  configured(
    group,
    'print',
    'every setting, where it came from, and the digest; secrets are never shown',
    print,
  )
    // secrets are never printed: the flag says what happens anyway
    .option('--redact', 'leave secrets out, which is always done')
  configured(group, 'check', 'find all faults at once (exit code 2), without asking the chain', check)
  plain(group, 'schema', 'the JSON Schema of the configuration file', schema)
}

async function print({ configure, flags }: Session): Promise<Answer> {
  const { config, origins } = await configure()
  const digest = configDigest(config)
  const values = redacted(config)
  if (flags['json']) return { result: { digest, settings: values, origins } }
  const lines = Object.entries(values).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return [name, `${text}  (${origins[name === 'rpcUrls' ? rpcOrigin(origins) : name]})`] as const
  })
  return { result: { ...Object.fromEntries(lines), digest } }
}

const rpcOrigin = ({ rpcUrl }: Readonly<Record<string, string>>): string =>
  rpcUrl === 'default' ? 'rpcUrls' : 'rpcUrl'

async function check({ configure }: Session): Promise<Answer> {
  const { config } = await configure()
  return { result: { faults: 0, digest: configDigest(config) } }
}

async function schema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
  return EXIT.done
}
