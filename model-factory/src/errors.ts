/** What each code carries, so that a caller can act on a fault without parsing its message. */
export interface ModelFactoryErrorData {
  /** The chain does not list the account as a builder of the Datanet. */
  NOT_PERMITTED: { datanetId: number; builder: string; blockNumber: number }
  UNKNOWN_BLOCK: { blockTag: string }
  /** A contract refused a call or the node did not answer; `reason` is the decoded error. */
  CHAIN_CALL_FAILED: { call: string; reason: string }
  /** A JSON document does not have the promised form; all faults at once. */
  INVALID_DOCUMENT: { format: string; faults: readonly string[] }
  /** Nothing to train or to measure on. */
  NO_FILES: { purpose: string; match: string }
  /** A model whose weights are not the ones that its manifest describes. */
  WRONG_MODEL: { what: string; got: string; expected: string }
}

export type ModelFactoryErrorCode = keyof ModelFactoryErrorData

const messages: { [C in ModelFactoryErrorCode]: (data: ModelFactoryErrorData[C]) => string } = {
  NOT_PERMITTED: d =>
    `${d.builder} is not a builder of Datanet ${d.datanetId} at block ${d.blockNumber}; ask its owner for setBuilder`,
  UNKNOWN_BLOCK: d => `The node has no block ${d.blockTag}; wait for it or name another`,
  CHAIN_CALL_FAILED: d => `${d.call} failed: ${d.reason}`,
  INVALID_DOCUMENT: d => `This is not a valid ${d.format}: ${d.faults.slice(0, 5).join('; ')}`,
  NO_FILES: d => `No file to ${d.purpose}: no name matches ${d.match}`,
  WRONG_MODEL: d => `${d.what}: got ${d.got}, expected ${d.expected}`,
}

/** The one error of this package: a code, the data of that code, and a message composed from the data. */
export class ModelFactoryError<C extends ModelFactoryErrorCode = ModelFactoryErrorCode> extends Error {
  override readonly name = 'ModelFactoryError'

  constructor(
    readonly code: C,
    readonly data: ModelFactoryErrorData[C],
    options?: ErrorOptions,
  ) {
    super(messages[code](data), options)
  }
}
