import { isError, type ErrorDescription, type Interface } from 'ethers'

/** The custom error behind a failed call, whichever client wrapped it (ethers, Hardhat's provider, a plain node); null if none. */
export function revertOf(error: unknown, ...contracts: readonly Interface[]): ErrorDescription | null {
  for (const data of revertData(error)) {
    for (const contract of contracts) {
      const description = contract.parseError(data)
      if (description !== null) return description
    }
  }
  return null
}

/** A short text for any failure of a call: the custom error with its arguments, or the node's own words. */
export function reasonOf(error: unknown, ...contracts: readonly Interface[]): string {
  const description = revertOf(error, ...contracts)
  if (description !== null) return `${description.name}(${description.args.map(String).join(', ')})`
  if (isError(error, 'CALL_EXCEPTION') && error.reason !== null) return error.reason
  return error instanceof Error ? error.message : String(error)
}

function* revertData(error: unknown): Generator<string> {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 6; depth++) {
    const data: unknown = Reflect.get(at, 'data')
    if (typeof data === 'string' && data.length >= 10) yield data
    at =
      Reflect.get(at, 'error') ??
      Reflect.get(Reflect.get(at, 'info') ?? {}, 'error') ??
      Reflect.get(at, 'cause') ??
      data
  }
}
