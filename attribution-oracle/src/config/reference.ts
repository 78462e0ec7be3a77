import { z } from 'zod'
import type { SettingGroup } from './setting'
import { secretFile } from './sources'
import { envOf, flagOf, SETTING_NAMES, SETTINGS, settingOf, type SettingName } from './settings'

/** JSON Schema 2020-12 of the configuration file. Nothing is required: all may come from elsewhere, too. */
export function configJsonSchema(): object {
  const shape = Object.fromEntries(
    SETTING_NAMES.map(name => {
      const { schema, about, secret } = settingOf(name)
      const own = secret ? z.union([schema, secretFile]) : schema
      return [name, own.optional().meta({ description: about })]
    }),
  )
  const file = z.strictObject({ $schema: z.string().optional(), ...shape })
  const title = 'Configuration of attribution-oracle'
  return { ...z.toJSONSchema(file, { io: 'input' }), title }
}

const TITLES: Record<SettingGroup, string> = {
  chain: 'Chain',
  contracts: 'Contracts',
  data: 'Data',
  scoring: 'Scoring',
  operator: 'Operator',
  fees: 'Transactions',
  http: 'API',
  logging: 'Log',
}

/** The reference of all settings as Markdown. */
export function configReference(): string {
  const groups = Object.entries(TITLES).map(([group, title]) => {
    const names = SETTING_NAMES.filter(name => settingOf(name).group === group)
    return [`## ${title}`, '', ...table(names), ''].join('\n')
  })
  return [HEAD, ...groups].join('\n').trimEnd().concat('\n')
}

const HEAD = `# Settings of the oracle

Written by \`npm run oracle:reference\` from the schema in \`attribution-oracle/src/config\`; a test holds them together.

A value is taken from the first place that has one: flag, environment, the file that \`<VARIABLE>_FILE\` names (secrets
only), configuration file, deployment record, default. The configuration file is a JSON object by the names of the first
column: \`--config\`, \`ORACLE_CONFIG\`, or \`oracle.json\` in the working directory. Its paths are relative to it, and a secret in
it may be \`{"file": "path"}\`. Lists are comma separated in flags and variables. A setting that does not exist, in the file or as a variable that begins with
\`ORACLE_\`, is a fault; an empty variable counts as not set. Of \`rpcUrl\` and \`rpcUrls\`, and of
\`operatorKey\`, \`keystore\` and \`signerUrl\`, only one may be given in one place; that of a higher place counts. With
\`databaseUrl\` the \`storeFolder\` is not used.
`

function table(names: readonly SettingName[]): string[] {
  const rows = names.map(name => {
    const { about, expected, secret } = settingOf(name)
    const flag = flagOf(name)
    const env = `\`${envOf(name)}\`${secret ? ' or `_FILE`' : ''}`
    return [`\`${name}\``, env, flag ? `\`${flag}\`` : 'none', expected, defaultOf(name), about]
  })
  const head = ['setting', 'variable', 'flag', 'value', 'default', 'meaning']
  const escaped = [head, head.map(() => '---'), ...rows]
  return escaped.map(row => `| ${row.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
}

function defaultOf(name: SettingName): string {
  const { schema, fallback } = settingOf(name)
  if (fallback) return fallback
  const parsed = schema.safeParse(undefined)
  if (!parsed.success) return name in NEEDED_UNLESS ? NEEDED_UNLESS[name]! : 'needed'
  const value = parsed.data as unknown
  if (value === undefined) return NEEDED_UNLESS[name] ?? 'none'
  return Array.isArray(value) && value.length === 0
    ? 'none'
    : `\`${JSON.stringify(value).replaceAll('"', '')}\``
}

const NEEDED_UNLESS: Partial<Record<keyof typeof SETTINGS, string>> = {
  rpcUrls: 'needed, unless `rpcUrl`',
  rpcUrl: 'needed, unless `rpcUrls`',
  storeFolder: 'needed, unless `databaseUrl`',
  databaseUrl: 'none',
}
