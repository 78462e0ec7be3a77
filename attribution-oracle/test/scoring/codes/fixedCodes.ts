import type { Codes, LayerCodes } from '../../../src/scoring/codes/codes'

/** Integers of a linear congruential generator: the same codes on every machine, no float involved. */
function integers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % below
  }
}

function layer(
  name: string,
  o: { count: number; inWidth: number; outWidth: number; positions: number },
  draw: (below: number) => number,
): LayerCodes {
  const { count, ...shape } = o
  const codes = (size: number): Int8Array => Int8Array.from({ length: size }, () => draw(255) - 127)
  const scales = (): Float32Array => Float32Array.from({ length: count }, () => (1 + draw(4096)) / 1024)
  return {
    name,
    ...shape,
    inputs: codes(count * shape.positions * shape.inWidth),
    inputScales: scales(),
    gradients: codes(count * shape.positions * shape.outWidth),
    gradientScales: scales(),
  }
}

/** Codes of a network with two plain layers and one that looks at three positions. */
export function fixedCodes(count: number, seed: number): Codes {
  const draw = integers(seed)
  const layers = [
    layer('fc1', { count, inWidth: 17, outWidth: 9, positions: 1 }, draw),
    layer('conv', { count, inWidth: 10, outWidth: 5, positions: 3 }, draw),
    layer('fc2', { count, inWidth: 10, outWidth: 4, positions: 1 }, draw),
  ]
  return { count, layers, doubts: Uint16Array.from({ length: count }, () => draw(0x3c01)) }
}
