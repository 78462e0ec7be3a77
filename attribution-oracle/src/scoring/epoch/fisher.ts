import { type FeatureCodes, featuresOf } from './featureCodes'
import { choleskyFactor, solveLower, solveUpper } from './cholesky'

/** Where one layer's features lie in a feature vector. */
export interface Block {
  readonly offset: number
  readonly size: number
}

/** Blocks of the given sizes, one after the other. */
export function consecutiveBlocks(sizes: readonly number[]): Block[] {
  let next = 0
  return sizes.map(size => {
    const offset = next
    next += size
    return { offset, size }
  })
}

/**
 * The curvature from committed codes: the same bits on every machine.
 * @param tokens scored tokens behind all rows
 */
export function factorOf(curvature: FeatureCodes, tokens: number, damping: string): FisherFactor {
  const fisher = new BlockFisher(consecutiveBlocks(curvature.sizes))
  for (let row = 0; row < curvature.rows; row++)
    fisher.add(featuresOf(curvature, row), row === 0 ? tokens : 0)
  return fisher.factor(Number(damping))
}

/**
 * The expected Fisher per layer, from features of labels that were sampled from the model itself. On a fitted model
 * the gradients of the true labels are near zero and their second moment is noise; sampled labels keep the curvature.
 */
export class BlockFisher {
  private readonly moments: Float64Array[]
  private tokens = 0

  constructor(private readonly blocks: readonly Block[]) {
    this.moments = blocks.map(({ size }) => new Float64Array(size * size))
  }

  /**
   * Adds one window: `features` are summed over its `tokens` scored tokens. Labels are drawn independently, so that
   * products of different tokens vanish in expectation and the sum of outer products estimates the sum over tokens.
   */
  add(features: ArrayLike<number>, tokens: number): void {
    this.tokens += tokens
    this.blocks.forEach(({ offset, size }, index) => {
      const moment = this.moments[index] as Float64Array
      for (let row = 0; row < size; row++) {
        const left = features[offset + row] as number
        for (let column = 0; column <= row; column++) {
          moment[row * size + column]! += left * (features[offset + column] as number)
        }
      }
    })
  }

  /** The factor of F + λ I per layer, F the mean over tokens and λ = damping times the mean eigenvalue of F. */
  factor(damping: number): FisherFactor {
    const tokens = Math.max(1, this.tokens)
    const precision: number[] = []
    const factors = this.blocks.map(({ size }, index) => {
      const damped = (this.moments[index] as Float64Array).map(sum => sum / tokens)
      let trace = 0
      for (let row = 0; row < size; row++) trace += damped[row * size + row] as number
      // A layer that no window moved has no curvature: any positive number then only says that it does not count.
      const ridge = trace > 0 ? (damping * trace) / size : 1
      for (let row = 0; row < size; row++) {
        damped[row * size + row]! += ridge
        precision.push(1 / (damped[row * size + row] as number))
      }
      return choleskyFactor(damped, size)
    })
    return new FisherFactor(this.blocks, factors, Float64Array.from(precision))
  }
}

/** The inverse of a damped block-diagonal Fisher, as Cholesky factors. */
export class FisherFactor {
  constructor(
    private readonly blocks: readonly Block[],
    private readonly factors: readonly Float64Array[],
    /** One over the diagonal of F + λI. */
    private readonly precision: Float64Array,
  ) {}

  /** (F + λI)⁻¹ v */
  solve(vector: ArrayLike<number>): Float64Array {
    const solution = new Float64Array(vector.length)
    this.blocks.forEach(({ offset, size }, index) => {
      const factor = this.factors[index] as Float64Array
      solution.set(solveUpper(factor, size, solveLower(factor, size, vector, offset)), offset)
    })
    return solution
  }

  /**
   * How long v = vector[start ..] is in units of the curvature's diagonal. It only has to tell outliers apart, for every
   * window of every file, so it leaves out what would cost a triangular solve per window.
   */
  energy(vector: ArrayLike<number>, start = 0): number {
    let energy = 0
    for (let index = 0; index < this.precision.length; index++) {
      const value = vector[start + index] as number
      energy += value * value * (this.precision[index] as number)
    }
    return energy
  }
}
