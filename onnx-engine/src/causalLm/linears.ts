import type { CausalLmConfig } from './config'

/** The linear layers of one block; each can carry a LoRA adapter. */
export const LINEARS = ['query', 'key', 'value', 'output', 'up', 'down'] as const
export type Linear = (typeof LINEARS)[number]

export interface LinearSize {
  /** Dotted module name, for example `layers.0.attention.query`. */
  readonly module: string
  readonly linear: Linear
  readonly inWidth: number
  readonly outWidth: number
}

export function moduleName(layer: number, linear: Linear): string {
  const part = linear === 'up' || linear === 'down' ? 'mlp' : 'attention'
  return `layers.${layer}.${part}.${linear}`
}

/** Every linear layer in the blocks, in the order of the computation. */
export function linearSizes({ layers, width, mlpWidth }: CausalLmConfig): LinearSize[] {
  return Array.from({ length: layers }, (_, layer) =>
    LINEARS.map(linear => ({
      module: moduleName(layer, linear),
      linear,
      inWidth: linear === 'down' ? mlpWidth : width,
      outWidth: linear === 'up' ? mlpWidth : width,
    })),
  ).flat()
}
