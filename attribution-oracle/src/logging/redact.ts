/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

/** Shorter secrets are only taken out where they are a whole value: they would blank ordinary words elsewhere. */
const SHORTEST = 4

const SECRET_NAME = /password|passphrase|secret|mnemonic|authorization|(private|operator|api|access).?key/i
const URL_IN_TEXT = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\`]+/gi
const MAX_DEPTH = 8

export type Redact = (value: unknown) => unknown

/**
 * Takes secrets out of whatever is logged: the given ones in every form in which they may turn up, what stands under the
 * name of a secret, and of every URL all but its scheme and host, because credentials stand in user names, paths and
 * queries alike.
 * @param secrets key, passwords, and URLs with credentials, as they were configured
 */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets.map(secret => secret.trim()).filter(secret => secret !== '')
  const forms = [...new Set(known.flatMap(formsOf))]
  const whole = new Set(forms)
  const long = forms.filter(form => form.length >= SHORTEST).sort((a, b) => b.length - a.length)
  const pattern = long.length > 0 ? new RegExp(long.map(escaped).join('|'), 'gi') : undefined

  const textOf = (text: string): string => {
    if (whole.has(text)) return REDACTED
    const blind = pattern ? text.replace(pattern, REDACTED) : text
    const hosts = blind.replace(URL_IN_TEXT, hostOnly)
    // what is left of a URL may have been put together anew
    return pattern ? hosts.replace(pattern, REDACTED) : hosts
  }
  const redact = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return textOf(value)
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      return textOf(String(value)) === String(value) ? value : REDACTED
    if (typeof value !== 'object' || value === null) return value
    if (depth >= MAX_DEPTH) return '[deeper than is logged]'
    if (Array.isArray(value)) return value.map(item => redact(item, depth + 1))
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        textOf(name),
        SECRET_NAME.test(name) ? REDACTED : redact(item, depth + 1),
      ]),
    )
  }
  return value => redact(value, 0)
}

/** A secret and the texts that it becomes on its way through URLs, JSON and headers. */
function formsOf(secret: string): string[] {
  const parts = [secret, ...hexOf(secret), ...partsOf(secret)]
  return parts.flatMap(part => [
    part,
    encodeURI(part),
    encodeURIComponent(part),
    inJson(part),
    inJson(inJson(part)),
    Buffer.from(part).toString('base64'),
    Buffer.from(part).toString('base64').replace(/=+$/, ''),
  ])
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function hexOf(secret: string): string[] {
  const digits = /^0x([0-9a-fA-F]{16,})$/.exec(secret)?.[1]
  return digits === undefined ? [] : [digits]
}

/** Of a URL: its credentials, and what of its path and query is long enough to be a key. */
function partsOf(secret: string): string[] {
  if (!secret.includes('://') || !URL.canParse(secret)) return []
  const { username, password, pathname, search, searchParams, host } = new URL(secret)
  const raw = [username, password, ...pathname.split('/'), ...searchParams.values()]
  const parts = raw.flatMap(part => [part, decoded(part)]).filter(part => part.length >= 8)
  const credentials = password === '' ? [] : [password, decoded(password), `${username}:${password}`]
  // without its slash at the end, with and without scheme
  const rest = `${pathname}${search}`.length > 1 ? [`${host}${pathname}${search}`] : []
  return [...parts, ...credentials, ...rest].filter(part => part !== '')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function hostOnly(text: string): string {
  if (!URL.canParse(text)) return `${text.slice(0, text.indexOf('://'))}://${REDACTED}`
  const { protocol, host } = new URL(text)
  return `${protocol}//${host}`
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
