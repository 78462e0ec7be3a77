import type {
  BaseContract,
  ContractTransactionReceipt,
  ContractTransactionResponse,
  LogDescription,
} from 'ethers'

import { ProtocolError } from './errors'
import { reasonOf } from './revertReason'

/**
 * Waits until a call is mined.
 * @param call its name in messages, e.g. `commitBatch of datanet 1`.
 * @param contracts whose custom errors the reason may be.
 * @throws ProtocolError TRANSACTION_REVERTED with the decoded reason.
 */
export async function mined(
  call: string,
  sent: Promise<ContractTransactionResponse>,
  ...contracts: readonly BaseContract[]
): Promise<ContractTransactionReceipt> {
  try {
    const receipt = await (await sent).wait()
    if (receipt !== null) return receipt
  } catch (cause) {
    const got = reasonOf(cause, ...contracts.map(contract => contract.interface))
    throw new ProtocolError('TRANSACTION_REVERTED', { call, got }, { cause })
  }
  throw new ProtocolError('TRANSACTION_REVERTED', { call, got: 'no receipt' })
}

/** The one event of this name that the contract emitted in the transaction. @throws ProtocolError EVENT_MISMATCH. */
export async function eventOf(
  receipt: ContractTransactionReceipt,
  contract: BaseContract,
  event: string,
): Promise<LogDescription> {
  const address = await contract.getAddress()
  const found = receipt.logs
    .filter(log => log.address === address)
    .map(log => contract.interface.parseLog(log))
    .filter(log => log !== null)
    .filter(log => log.name === event)
  const [only] = found
  if (only === undefined || found.length > 1) {
    throw new ProtocolError('EVENT_MISMATCH', {
      event,
      got: `${found.length} of it`,
      expected: 'exactly one',
    })
  }
  return only
}

/** Compares what the chain recorded with what was sent, field by field. @throws ProtocolError EVENT_MISMATCH. */
export function checkEvent(log: LogDescription, expected: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(expected)) {
    const got = String(log.args.getValue(field))
    if (got !== String(value)) {
      throw new ProtocolError('EVENT_MISMATCH', {
        event: `${log.name}.${field}`,
        got,
        expected: String(value),
      })
    }
  }
}
