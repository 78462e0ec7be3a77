import type { CausalLmConfig, DecodeOptions, LoraAdapter } from '@open-datanets/onnx-engine'
import type { SlotStep } from './decoder'

/** What a decoder thread is started with. */
export interface DecoderSetup extends DecodeOptions {
  config: CausalLmConfig
  /** ONNX files of the decoding step over different numbers of slots, ascending */
  models: readonly { slots: number; bytes: Uint8Array }[]
}

export type DecoderRequest =
  /** `adapter`: null is the base alone, 'resident' what the slot holds already */
  | { kind: 'load'; slot: number; adapter: LoraAdapter | null | 'resident' }
  | { kind: 'step'; steps: readonly SlotStep[] }
  | { kind: 'close' }

/** The thread answers once when its sessions are created, then once per step. */
export type DecoderReply =
  | { kind: 'ready' }
  /** the logits rows that were wanted, one after the other */
  | { kind: 'logits'; rows: Float32Array }
  | { kind: 'failed'; reason: string }
