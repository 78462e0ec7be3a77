import { ContentStoreError, type ContentStoreErrorCode } from '@open-datanets/content-store'
import { AttributionOracleError, type FaultCode } from '../errors'

/** An error on its way to another thread: cloning alone would leave nothing of it but its text. */
export interface Fault {
  readonly kind: 'oracle' | 'content' | 'other'
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** of the fault, or whatever else has one */
  readonly code: string | undefined
  readonly data: unknown
  readonly cause: Fault | undefined
}

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) {
    const message = String(error)
    return {
      kind: 'other',
      name: 'Error',
      message,
      stack: undefined,
      code: undefined,
      data: undefined,
      cause: undefined,
    }
  }
  const ours = error instanceof AttributionOracleError
  const kind = ours ? 'oracle' : error instanceof ContentStoreError ? 'content' : 'other'
  const { code, data } = error as { code?: unknown; data?: unknown }
  return {
    kind,
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === 'string' ? code : undefined,
    // only that of our own errors is known to be plain
    data: kind === 'other' ? undefined : data,
    cause: error.cause === undefined ? undefined : faultOf(error.cause),
  }
}

/** The error as it was thrown: of the same class, with the same code, data, text and stack. */
export function errorOf(fault: Fault): Error {
  const error = rebuilt(fault, fault.cause && { cause: errorOf(fault.cause) })
  if (fault.stack !== undefined) error.stack = fault.stack
  return error
}

function rebuilt({ kind, name, message, code, data }: Fault, options: ErrorOptions | undefined): Error {
  if (kind === 'oracle') {
    // the code stands before the message, once
    const what = message.slice(`${code}: `.length)
    return new AttributionOracleError(code as FaultCode, { what }, data as never, options)
  }
  if (kind === 'content') return new ContentStoreError(code as ContentStoreErrorCode, data as never, options)
  return Object.assign(new Error(message, options), { name, ...(code !== undefined && { code }) })
}
