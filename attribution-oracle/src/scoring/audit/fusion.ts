import type { Evidence } from './evidence'

/** Pulls weights towards 0, in units of a candidate's own variance: few subsets must not tell near twins apart. */
const RIDGE = 0.03
const SWEEPS = 200
/** Parts below this share of the whole cost time and move nothing. */
const LEAST_SHARE = 0.08

/** Standard deviation of every column over all subsets: what a candidate's column is divided by before it is mixed. */
export function spreads(sums: Float64Array, { subsets, columns }: Evidence): Float64Array {
  return Float64Array.from({ length: columns }, (_, column) => {
    let [mean, square] = [0, 0]
    for (let subset = 0; subset < subsets; subset++) mean += sums[subset * columns + column]! / subsets
    for (let subset = 0; subset < subsets; subset++) square += (sums[subset * columns + column]! - mean) ** 2
    return Math.sqrt(square / subsets)
  })
}

/**
 * Weights ≥ 0 of candidates whose mix, every column at unit spread, lies nearest to minus the losses at unit spread:
 * non-negative least squares over all queries at once, so that a handful of weights is held by subsets x queries
 * numbers. The largest `most` weights are kept and fitted again.
 * @param sums one [subsets, columns] per candidate
 * @returns shares that sum to 1; all 0 where no candidate points the right way
 */
export function fuse(
  sums: readonly Float64Array[],
  evidence: Evidence,
  subsets: readonly number[],
  most: number,
): Float64Array {
  const target = centred(evidence.losses, spreads(evidence.losses, evidence), evidence, subsets).map(x => -x)
  const sides = sums.map(one => centred(one, spreads(one, evidence), evidence, subsets))
  const gram = sides.map(a => Float64Array.from(sides, b => dot(a, b) / a.length))
  const pulls = Float64Array.from(sides, side => dot(side, target) / side.length)
  const first = shares(
    descend(
      gram,
      pulls,
      sides.map((_, index) => index),
    ),
  )
  const kept = [...first.keys()]
    .filter(index => first[index]! >= LEAST_SHARE)
    .sort((a, b) => first[b]! - first[a]! || a - b)
    .slice(0, most)
  return shares(descend(gram, pulls, kept))
}

function centred(
  values: Float64Array,
  scale: Float64Array,
  { columns }: Evidence,
  subsets: readonly number[],
): Float64Array {
  const result = new Float64Array(subsets.length * columns)
  for (let column = 0; column < columns; column++) {
    let mean = 0
    for (const subset of subsets) mean += values[subset * columns + column]! / subsets.length
    const by = scale[column]!
    if (!(by > 0)) continue
    subsets.forEach((subset, index) => {
      result[index * columns + column] = (values[subset * columns + column]! - mean) / by
    })
  }
  return result
}

/** Coordinate descent on ½ wᵀ(G + ridge)w - wᵀc, w ≥ 0, over the coordinates that are allowed. */
function descend(
  gram: readonly Float64Array[],
  pulls: Float64Array,
  allowed: readonly number[],
): Float64Array {
  const weights = new Float64Array(pulls.length)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const index of allowed) {
      const row = gram[index]!
      const own = row[index]! * (1 + RIDGE)
      if (!(own > 0)) continue
      let rest = pulls[index]!
      for (const other of allowed) if (other !== index) rest -= row[other]! * weights[other]!
      weights[index] = Math.max(0, rest / own)
    }
  }
  return weights
}

function shares(weights: Float64Array): Float64Array {
  let total = 0
  for (const weight of weights) total += weight
  return total > 0 ? weights.map(weight => weight / total) : weights
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!
  return sum
}
