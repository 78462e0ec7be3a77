import { attestationList, parseDocument, type AttestationList } from '../domain'
import { AttributionOracleError } from '../errors'

/** Larger answers are not read: a list holds a word per operator, of some hundred bytes each. */
const MOST_BYTES = 256 * 1024
const PATIENCE_MS = 10_000

/** A peer by its host alone: its URL may hold a secret. */
export function peerName(url: string): string {
  return new URL(url).host
}

/**
 * Asks an operator for its word on an epoch: GET {peer}/v1/epochs/{epoch}/attestations.
 * @returns undefined where it has none yet
 * @throws PEER_FAILED when there is no answer in time, INVALID_DOCUMENT when it is none
 */
export async function askPeer(
  url: string,
  epoch: number,
  signal: AbortSignal,
): Promise<AttestationList | undefined> {
  const peer = peerName(url)
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const answer = await fetch(new URL(`v1/epochs/${epoch}/attestations`, withSlash(url)), {
    redirect: 'error',
    signal: within,
    headers: { accept: 'application/json' },
  })
    .then(async response => ({ status: response.status, bytes: await bytesOf(response, peer) }))
    .catch((cause: unknown) => {
      if (cause instanceof AttributionOracleError) throw cause
      throw failed(peer, reasonOf(cause))
    })
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw failed(peer, `HTTP status ${answer.status}`)
  return parseDocument(attestationList, `attestations of ${peer}`, answer.bytes)
}

async function bytesOf(response: Response, peer: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array)
    size += (part as Uint8Array).length
    if (size > MOST_BYTES) throw failed(peer, `more than ${MOST_BYTES} bytes`)
  }
  return Buffer.concat(parts)
}

/** By its code or name: the message of a failed fetch may hold the URL. */
function reasonOf(cause: unknown): string {
  const { name, cause: inner } = cause as { name?: string; cause?: { code?: string } }
  return inner?.code ?? name ?? 'no reason given'
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

function failed(peer: string, reason: string): AttributionOracleError {
  return new AttributionOracleError(
    'PEER_FAILED',
    {
      what: `The operator at ${peer} does not give its word`,
      got: reason,
      fix: 'ask its operator; we go on',
    },
    { peer, reason },
  )
}
