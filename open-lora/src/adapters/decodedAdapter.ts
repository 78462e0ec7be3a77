import {
  slotMisfit,
  type CausalLmConfig,
  type LoraAdapter,
  type SlotLayout,
} from '@open-datanets/onnx-engine'
import type { Digest } from '@open-datanets/content-store'
import { OpenLoraError } from '../errors'

/** The slots that adapters have to fit: a base and what of it they may change. */
export interface SlotShape extends SlotLayout {
  config: CausalLmConfig
}

/** An adapter that fits the slots of a decoder. */
export interface DecodedAdapter {
  digest: Digest
  lora: LoraAdapter
  /** memory that it takes */
  bytes: number
}

/** Throws ADAPTER_UNFIT when rank, layers or widths do not fit. */
export function decodedAdapter(
  digest: Digest,
  lora: LoraAdapter,
  { config, ...layout }: SlotShape,
): DecodedAdapter {
  const misfit = slotMisfit(config, layout, lora)
  if (misfit) {
    throw new OpenLoraError(
      'ADAPTER_UNFIT',
      { what: `adapter ${digest} does not fit the slots of this server`, ...misfit },
      { digest, ...misfit },
    )
  }
  let bytes = 0
  for (const { a, b } of lora.tensors.values()) bytes += a.data.byteLength + b.data.byteLength
  return { digest, lora, bytes }
}
