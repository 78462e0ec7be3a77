/** The most that eth_getLogs gives, and whose words refuse more. */
export interface LogLimit {
  provider: keyof typeof PROVIDERS
  /** blocks in one range */
  blocks?: number
  /** logs in one answer */
  results?: number
}

interface Refused {
  from: number
  to: number
  blocks: number | undefined
  results: number | undefined
  /** the last block up to which the answer would be small enough */
  fits: number
}

/** Texts as providers send them, each with its code. */
const PROVIDERS = {
  infura: ({ results, from, fits }: Refused) => ({
    code: -32005,
    message: `query returned more than ${results ?? 10_000} results. Try with this block range [${hex(from)}, ${hex(fits)}].`,
    data: { from: hex(from), to: hex(fits), limit: results ?? 10_000 },
  }),
  alchemy: ({ from, fits }: Refused) => ({
    code: -32602,
    message:
      'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the ' +
      'response size, or you can request any block range with a cap of 10K logs in the response. Based on your ' +
      `parameters and the response size limit, this block range should work: [${hex(from)}, ${hex(fits)}]`,
  }),
  quicknode: ({ blocks }: Refused) => ({
    code: -32614,
    message: `eth_getLogs is limited to a ${(blocks ?? 10_000).toLocaleString('en-US')} range`,
  }),
  geth: ({ results, from, fits }: Refused) => ({
    code: -32000,
    message: `query exceeds max results ${results ?? 20_000}, retry with the range ${from}-${fits}`,
  }),
  gethRange: ({ blocks }: Refused) => ({ code: -32000, message: `exceed maximum block range: ${blocks}` }),
  ankr: () => ({ code: -32600, message: 'block range is too wide' }),
  cloudflare: ({ blocks }: Refused) => ({
    code: -32047,
    message: `Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: ${blocks}`,
  }),
}

/** @returns how the provider refuses this range, undefined when it does not */
export function limitError(
  { provider, blocks, results }: LogLimit,
  from: number,
  to: number,
  logs: readonly { blockNumber: string }[],
): object | undefined {
  const tooWide = blocks !== undefined && to - from + 1 > blocks
  const tooMany = results !== undefined && logs.length > results
  if (!tooWide && !tooMany) return undefined
  const byResults = tooMany ? Number(logs[results]!.blockNumber) - 1 : to
  const byBlocks = blocks === undefined ? to : from + blocks - 1
  const fits = Math.max(from, Math.min(byResults, byBlocks))
  return PROVIDERS[provider]({ from, to, blocks, results, fits })
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
