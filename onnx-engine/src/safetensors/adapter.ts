import type { LoraAdapter } from '../causalLm/lora'
import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import { decodeSafetensors } from './decode'
import { encodeSafetensors, type StoredFloat } from './encode'

/** PEFT's names, inside which stands the dotted name of the adapted layer. */
const PREFIX = 'base_model.model.'
const SUFFIX = { a: '.lora_A.weight', b: '.lora_B.weight' }

function transposed({ dims, data }: Tensor): Tensor {
  const [rows, columns] = dims as [number, number]
  const flipped = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) flipped[c * rows + r] = Number(data[r * columns + c])
  return { dtype: 'float32', dims: [columns, rows], data: flipped }
}

export interface AdapterFileOptions {
  /** Default F16: half the bytes at rest. F32 reads back exactly. */
  precision?: StoredFloat
  /** More metadata: what the adapter belongs to, for example the digest of its base. */
  metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a LoRA adapter under PEFT's names. PEFT stores lora_A as [rank, in] and lora_B as [out, rank], the transposes
 * of ours, and keeps rank and alpha in a second file (`peftConfig`); they stand in the metadata here as well, so that
 * one digest covers all that a merge needs.
 */
export function adapterToSafetensors(adapter: LoraAdapter, o: AdapterFileOptions = {}): Uint8Array {
  const tensors = new Map<string, Tensor>()
  for (const [module, { a, b }] of adapter.tensors) {
    tensors.set(PREFIX + module + SUFFIX.a, transposed(a))
    tensors.set(PREFIX + module + SUFFIX.b, transposed(b))
  }
  const metadata = { ...o.metadata, rank: `${adapter.rank}`, alpha: `${adapter.alpha}` }
  return encodeSafetensors(tensors, { precision: o.precision ?? 'F16', metadata })
}

function malformed(what: string, got: string, expected: string): never {
  throw new OnnxEngineError('MALFORMED_SAFETENSORS', { what, got, expected })
}

function side(tensors: Map<string, Tensor>, module: string, part: 'a' | 'b'): Tensor {
  const name = PREFIX + module + SUFFIX[part]
  const tensor = tensors.get(name)
  if (!tensor) malformed(`tensor "${name}"`, 'nothing', 'the other half of the pair')
  if (tensor.dims.length !== 2) malformed(`tensor "${name}"`, `[${tensor.dims.join(', ')}]`, 'a matrix')
  return transposed(tensor)
}

/**
 * Reads a LoRA adapter under PEFT's names. A file written by PEFT has no alpha inside: give it then, from
 * adapter_config.json. Throws OnnxEngineError MALFORMED_SAFETENSORS on other names, half a pair, mixed ranks, no alpha.
 */
export function adapterFromSafetensors(
  bytes: Uint8Array,
  o: { alpha?: number } = {},
): { adapter: LoraAdapter; metadata: Record<string, string> } {
  const { tensors, metadata } = decodeSafetensors(bytes)
  const modules = new Set<string>()
  for (const name of tensors.keys()) {
    const suffix = Object.values(SUFFIX).find(ending => name.endsWith(ending))
    if (!name.startsWith(PREFIX) || suffix === undefined)
      malformed(`tensor "${name}"`, 'another name', `${PREFIX}<module>${SUFFIX.a} or ${SUFFIX.b}`)
    modules.add(name.slice(PREFIX.length, -suffix.length))
  }
  const pairs = new Map<string, { a: Tensor; b: Tensor }>()
  let rank: number | undefined
  for (const module of modules) {
    const [a, b] = [side(tensors, module, 'a'), side(tensors, module, 'b')]
    rank ??= a.dims[1]!
    if (a.dims[1] !== rank || b.dims[0] !== rank)
      malformed(`module "${module}"`, `ranks ${a.dims[1]} and ${b.dims[0]}`, `rank ${rank} throughout`)
    pairs.set(module, { a, b })
  }
  if (rank === undefined) malformed('adapter', 'no tensors', 'at least one pair')
  const alpha = o.alpha ?? (metadata.alpha === undefined ? NaN : Number(metadata.alpha))
  if (!Number.isFinite(alpha))
    malformed('alpha', String(metadata.alpha), 'a number, in the metadata or as an option')
  return { adapter: { rank, alpha, tensors: pairs }, metadata }
}

/** The adapter_config.json that PEFT wants beside the file. */
export function peftConfig(adapter: LoraAdapter, baseModel: string): string {
  return JSON.stringify(
    {
      base_model_name_or_path: baseModel,
      bias: 'none',
      fan_in_fan_out: false,
      lora_alpha: adapter.alpha,
      lora_dropout: 0,
      peft_type: 'LORA',
      r: adapter.rank,
      target_modules: [...adapter.tensors.keys()].sort(),
      task_type: 'CAUSAL_LM',
    },
    null,
    2,
  )
}
