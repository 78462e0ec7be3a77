import { format, resolveConfig } from 'prettier'
import { configJsonSchema, configReference } from '../config'
import { EXIT, EXIT_MEANING } from '../exitCode'

/** A file of the documentation that follows from the program, whole or in part. */
export interface ReferenceFile {
  /** from the root of the repository */
  path: string
  /** @param now what the file says at present @returns what it has to say */
  written(now: string): Promise<string>
}

const BEGIN = '<!-- exit codes: written by npm run oracle:reference -->'
const END = '<!-- end of exit codes -->'

/** What `npm run oracle:reference` writes and a test compares. */
export const REFERENCE_FILES: readonly ReferenceFile[] = [
  { path: 'docs/oracle-config.md', written: () => pretty('oracle-config.md', configReference()) },
  {
    path: 'docs/oracle-config.schema.json',
    written: () => pretty('oracle-config.schema.json', JSON.stringify(configJsonSchema(), null, 2)),
  },
  { path: 'docs/oracle.md', written: now => pretty('oracle.md', withExitCodes(now)) },
]

function withExitCodes(now: string): string {
  const [before, rest = ''] = now.split(BEGIN)
  const after = rest.split(END)[1] ?? ''
  return `${before}${BEGIN}\n\n${exitTable()}\n\n${END}${after}`
}

function exitTable(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[]
  const rows = names.map(name => `| ${EXIT[name]} | ${EXIT_MEANING[name]} |`)
  return ['| code | meaning |', '| --- | --- |', ...rows].join('\n')
}

async function pretty(file: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(__filename)), filepath: file })
}
