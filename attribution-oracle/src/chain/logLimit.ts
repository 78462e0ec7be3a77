/** What the words of a refusal say would do: blocks up to `to`, or at most `blocks` of them. */
export type Suggestion = { to: number } | { blocks: number }

/**
 * Words with which Infura, Alchemy, QuickNode, geth, Erigon, Nethermind, Ankr, Cloudflare and others refuse eth_getLogs
 * because of its range or the size of its answer. A timeout that is said to be the range's fault is one of them.
 */
const RANGE_TEXT =
  /more than [\d,]+ (results|logs)|max(imum)? results|response size|range.{0,20}(too (wide|large|big)|exceed|limit)|(exceed|limit|max|maximum|up to|larger?|too (wide|large|big|many)).{0,40}(block|range|results|logs)|(block|log|result)s?.{0,30}(limit|exceed)|reduc\w+ .{0,20}range|response is too (big|large)/i

/** Infura's and QuickNode's codes for a limit; the first of them stands for rate limits too, which have other words. */
const RANGE_CODES = new Set([-32005, -32614])

export function isRangeText(code: number, message: string): boolean {
  return RANGE_CODES.has(code) || RANGE_TEXT.test(message)
}

/** The range in the words of a refusal, if there is one. */
export function suggestedRange(message: string): Suggestion | undefined {
  const bracketed = /\[\s*(?:0x[0-9a-f]{1,12}|\d{1,12})\s*,\s*(0x[0-9a-f]{1,12}|\d{1,12})\s*\]/i.exec(message)
  if (bracketed) return { to: Number(bracketed[1]) }
  const dashed = /range:? (\d{1,12})-(\d{1,12})/i.exec(message)
  if (dashed) return { to: Number(dashed[2]) }
  const blocks =
    /(?:max(?:imum)?(?: block)? range|limited to(?: an?)?|up to an?)[:\s]+([\d,]{1,12})( ?k)?/i.exec(message)
  if (!blocks) return undefined
  const count = Number(blocks[1]!.replaceAll(',', '')) * (blocks[2] ? 1_000 : 1)
  return count > 0 ? { blocks: count } : undefined
}
