/** Where a tensor's bytes lie outside of the model file (TensorProto.external_data). */
export interface ExternalData {
  readonly tensor: string
  /** Relative to the folder of the model file. */
  readonly location: string
  readonly offset: number
  /** As the model says it, which may be nothing. */
  readonly length: number | undefined
  /** SHA-1 in hexadecimal digits, where the model says it. */
  readonly checksum: string | undefined
  /** What type and dims ask for. */
  readonly bytes: number
}

export interface DecodeModelOptions {
  /**
   * Gives `bytes` bytes of memory for a tensor whose data lie in another file; they may be filled after the decoding.
   * Without it such a tensor is an UNSUPPORTED_MODEL: bytes alone do not say where the other file is.
   */
  readonly external?: (reference: ExternalData) => Uint8Array
}
