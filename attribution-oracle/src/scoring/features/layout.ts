/** How a sample's features lie in a row: the layers' parts one after another. */
export interface FeatureLayout {
  readonly layers: readonly { readonly name: string; readonly size: number }[]
}

/** Numbers in a row. */
export function widthOf({ layers }: FeatureLayout): number {
  return layers.reduce((sum, { size }) => sum + size, 0)
}

/** Where every layer's part starts. */
export function startsOf({ layers }: FeatureLayout): number[] {
  let start = 0
  return layers.map(({ size }) => (start += size) - size)
}
