import type { CheckpointCapture, LayerCapture, MethodSettings, SampleCapture } from '../capture'
import { checkCapture } from './checkCapture'
import { memoryOf, refused } from './readSettings'

/** Up to so many classes the exact expectation costs less than the noise of a draw is worth. */
const MOST_ROWS = 16

/** The gradients whose squares average to the expected Fisher (= Gauss-Newton) matrix. */
export interface Fisher {
  /** exact: one capture for each row of the loss's Hessian root; sampled: one, at labels drawn from the model */
  readonly kind: 'exact' | 'sampled'
  readonly count: number
  /** [rows][layers] */
  readonly rows: readonly (readonly LayerCapture[])[]
}

/**
 * Never the gradients of the true labels: on a fitted model they are noise, and so is all that is built from them.
 * Exact by default for a few classes at one output per sample, which a convolution has too; sampled otherwise. One draw
 * of labels is one row per sample: far fewer rows than a convolution has weights.
 */
export async function fisherRows(checkpoint: CheckpointCapture, settings: MethodSettings): Promise<Fisher> {
  const { classes } = checkpoint
  if (settings.fisher === 'exact' && classes === undefined)
    throw refused('fisher', 'exact for a model whose outputs are too many', 'sampled')
  if (settings.fisher !== 'sampled' && classes !== undefined) {
    if (settings.fisher === 'exact' || classes <= MOST_ROWS) {
      const first = checkCapture(await checkpoint.train({ row: 0 }), 'train Fisher row 0')
      if (settings.fisher === 'exact' || (oneOutput(first) && classes * bytesOf(first) <= memoryOf(settings)))
        return { kind: 'exact', count: first.count, rows: await allRows(checkpoint, classes) }
    }
  }
  const sampled = checkCapture(await checkpoint.train('sampled'), 'train at sampled labels')
  return { kind: 'sampled', count: sampled.count, rows: [sampled.layers] }
}

/** Rows at several outputs of one sample do not add up to its Fisher matrix: their products would be counted too. */
function oneOutput({ scored, layers }: SampleCapture): boolean {
  return scored ? scored.every(positions => positions <= 1) : layers.every(layer => layer.positions === 1)
}

/** What one row keeps; the inputs of the layers are the same for all rows. */
function bytesOf({ layers }: SampleCapture): number {
  return layers.reduce((sum, { gradients }) => sum + gradients.byteLength, 0)
}

async function allRows(checkpoint: CheckpointCapture, classes: number): Promise<(readonly LayerCapture[])[]> {
  const rows: (readonly LayerCapture[])[] = []
  for (let row = 0; row < classes; row++)
    rows.push(checkCapture(await checkpoint.train({ row }), `train Fisher row ${row}`).layers)
  return rows
}

/** One layer of every row. */
export function layerRows(fisher: Fisher, index: number): LayerCapture[] {
  return fisher.rows.map(layers => layers[index]!)
}
