import { isRangeText, suggestedRange, type Suggestion } from './logLimit'

/**
 * What is to be done about it:
 *
 *   unreachable, throttled, garbage   another endpoint now, this one again after a pause
 *   behind                            the same: it is syncing, or does not have a block that we have seen
 *   refused, foreign                  another endpoint; a person has to look at this one
 *   unable                            another endpoint, at once; nothing is wrong with this one
 *   range                             the same question about fewer blocks
 *   answer                            nothing: it is what a node answers, a revert for instance
 */
export type FaultKind =
  'unreachable' | 'throttled' | 'garbage' | 'behind' | 'refused' | 'foreign' | 'unable' | 'range' | 'answer'

export interface JsonRpcFault {
  code: number
  message: string
  data?: unknown
}

interface Details {
  /** how long the endpoint asked us to stay away */
  retryAfterMs?: number
  /** a smaller range that the endpoint says would do */
  suggestion?: Suggestion
  /** as the endpoint gave it */
  error?: JsonRpcFault
}

/** Why one endpoint did not give what it was asked for. It never leaves the folder: callers see RPC_FAILED. */
export class EndpointFault extends Error {
  override readonly name = 'EndpointFault'

  /** @param code "timeout", an HTTP status or a JSON-RPC code, for metrics */
  constructor(
    readonly kind: FaultKind,
    readonly code: string,
    reason: string,
    readonly details: Details = {},
  ) {
    super(reason)
  }
}

const THROTTLED =
  /rate.?limit|too many requests|per second|throttl|daily request|request count exceeded|quota|credits|capacity/i
const REVERTED = /revert|out of gas|invalid opcode|always failing/i
/** What the node of one provider lacks and another's may have. */
const LACKING =
  /header not found|missing trie node|(unknown|not found).{0,8}block|block.{0,8}not found|not synced|state .*not available|pruned|internal error|server error|temporar|try again/i
const TIMED_OUT = /timed? ?out/i
const METHOD_NOT_FOUND = -32601
const INTERNAL = -32603

/** What a JSON-RPC error means, by its words first: its codes mean something else at every provider. */
export function faultOf(method: string, error: JsonRpcFault): EndpointFault {
  const { code, message, data } = error
  const fault = (kind: FaultKind, details: Details = {}): EndpointFault =>
    new EndpointFault(kind, String(code), `${message} (${code})`, { ...details, error })
  if (code === 429 || THROTTLED.test(message)) return fault('throttled')
  if (method === 'eth_getLogs' && isRangeText(code, message)) {
    const suggestion = suggestedRange(message)
    return fault('range', suggestion && { suggestion })
  }
  if (TIMED_OUT.test(message))
    return new EndpointFault('unreachable', 'timeout', `${message} (${code})`, { error })
  if (REVERTED.test(message) || (data !== undefined && data !== null)) return fault('answer')
  if (code === METHOD_NOT_FOUND || code === INTERNAL || LACKING.test(message)) return fault('unable')
  return fault('answer')
}
