/** What each code carries, so that a caller can act on a fault without parsing its message. */
export interface OnnxEngineErrorData {
  /** Bytes that are not an ONNX model that we can read. */
  MALFORMED_MODEL: { what: string; offset: number; got: string; expected: string }
  /** A well-formed model that uses something outside of what the engine reads. */
  UNSUPPORTED_MODEL: { what: string; got: string; expected: string }
  UNSUPPORTED_OPERATOR: {
    operator: string
    node: string
    graph: string
    purpose: 'shape inference' | 'gradient'
  }
  INCOMPATIBLE_SHAPES: { operator: string; node: string; graph: string; got: string; expected: string }
  UNKNOWN_VALUE: { name: string; graph: string }
  DUPLICATE_NAME: { name: string; graph: string }
  /** A tokenizer.json that is not byte-level BPE as this package encodes it. */
  INVALID_TOKENIZER: { field: string; got: string; expected: string }
  UNKNOWN_TOKEN: { id: number; vocabSize: number }
  MALFORMED_SAFETENSORS: { what: string; got: string; expected: string }
  /** A value that the storage type cannot hold. */
  PRECISION_EXCEEDED: { tensor: string; value: number; limit: number }
  INVALID_ARGUMENT: { what: string; got: string; expected: string }
  /** ONNX Runtime refused the model or the run; `reason` is its own message. */
  SESSION_FAILED: { stage: 'create' | 'run'; reason: string }
  /** A session thread ended without being asked to; its job is lost. */
  THREAD_DIED: { reason: string }
  POOL_CLOSED: Record<string, never>
  /** Bytes that are not an NPY or NPZ file. */
  MALFORMED_NPY: { what: string; got: string; expected: string }
  /** A sound NPY file of a type that is no plain number. */
  UNSUPPORTED_NPY: { what: string; got: string; advice: string }
  /** A file that cannot be read or written; `reason` is the system's own message. */
  FILE_FAILED: { path: string; operation: 'read' | 'write'; reason: string }
  /** A tensor's data outside of the model file that are refused, missing or cut off. */
  EXTERNAL_DATA: { tensor: string; location: string; got: string; expected: string }
  /** No execution provider of those asked for can run the model. */
  PROVIDER_UNAVAILABLE: { refused: readonly { provider: string; reason: string }[] }
  /** Training diverged. */
  NOT_FINITE: { step: number; loss: number; gradientNorm: number }
}

export type OnnxEngineErrorCode = keyof OnnxEngineErrorData

const messages: { [C in OnnxEngineErrorCode]: (data: OnnxEngineErrorData[C]) => string } = {
  MALFORMED_MODEL: d =>
    `${d.what} at byte ${d.offset}: got ${d.got}, expected ${d.expected}; is this an ONNX file?`,
  UNSUPPORTED_MODEL: d =>
    `${d.what}: got ${d.got}, expected ${d.expected}; export the model again in that form`,
  UNSUPPORTED_OPERATOR: d =>
    `No ${d.purpose} for operator ${d.operator}, node "${d.node}" of graph "${d.graph}"; replace it by supported operators`,
  INCOMPATIBLE_SHAPES: d =>
    `${d.operator}, node "${d.node}" of graph "${d.graph}": got ${d.got}, expected ${d.expected}`,
  UNKNOWN_VALUE: d =>
    `Graph "${d.graph}" has no value "${d.name}" at this point; define it before its first use`,
  DUPLICATE_NAME: d => `Graph "${d.graph}" already has a value "${d.name}"; choose another name`,
  INVALID_TOKENIZER: d =>
    `tokenizer.json, ${d.field}: got ${d.got}, expected ${d.expected}; only GPT-2 style byte-level BPE can be read`,
  UNKNOWN_TOKEN: d =>
    `Token ${d.id} is outside of the vocabulary of ${d.vocabSize}; was it made by another tokenizer?`,
  MALFORMED_SAFETENSORS: d => `safetensors, ${d.what}: got ${d.got}, expected ${d.expected}`,
  PRECISION_EXCEEDED: d =>
    `Tensor "${d.tensor}" holds ${d.value}, beyond the float16 limit ${d.limit}; store it as float32`,
  INVALID_ARGUMENT: d => `${d.what}: got ${d.got}, expected ${d.expected}`,
  SESSION_FAILED: d =>
    d.stage === 'create'
      ? `ONNX Runtime refused the model: ${d.reason}`
      : `ONNX Runtime failed in a run: ${d.reason}`,
  THREAD_DIED: d => `A session thread died (${d.reason}); close the pool and create another`,
  POOL_CLOSED: () => 'The session pool is closed; create another to run more jobs',
  MALFORMED_NPY: d => `NPY, ${d.what}: got ${d.got}, expected ${d.expected}`,
  UNSUPPORTED_NPY: d => `NPY, ${d.what}: got ${d.got}; ${d.advice}`,
  FILE_FAILED: d => `Cannot ${d.operation} ${d.path}: ${d.reason}`,
  EXTERNAL_DATA: d =>
    `External data of tensor "${d.tensor}" in ${JSON.stringify(d.location)}: got ${d.got}, expected ${d.expected}`,
  PROVIDER_UNAVAILABLE: d =>
    `None of the execution providers can be used. ${d.refused.map(r => `${r.provider}: ${r.reason}`).join('. ')}. ` +
    "Add 'cpu' as the last provider to fall back",
  NOT_FINITE: d =>
    `Training step ${d.step}: got loss ${d.loss} and gradient norm ${d.gradientNorm}, expected finite numbers; ` +
    'lower the learning rate or set clipNorm',
}

/** The one error of this package: a code, the data of that code, and a message composed from the data. */
export class OnnxEngineError<C extends OnnxEngineErrorCode = OnnxEngineErrorCode> extends Error {
  override readonly name = 'OnnxEngineError'

  constructor(
    readonly code: C,
    readonly data: OnnxEngineErrorData[C],
    options?: ErrorOptions,
  ) {
    super(messages[code](data), options)
  }
}
