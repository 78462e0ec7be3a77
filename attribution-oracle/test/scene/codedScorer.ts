import { canonicalBytes, sha256, type ScoreInput, type ScoreResult } from '../../src/domain'
import { tinyScorer } from './tinyScorer'

/** What a machine or its operator does to the numbers. */
export interface Machine {
  /** relative error of the hardware, before the codes are committed */
  readonly drift?: number
  /** relative change of one file's value after the codes are committed */
  readonly skim?: number
}

/** tinyScorer of a machine of its own, whose values follow from committed codes; codes within a thousandth agree. */
export function codedScorer({ drift = 0, skim = 0 }: Machine): (input: ScoreInput) => Promise<ScoreResult> {
  return async input => {
    const result = await tinyScorer(input)
    const own = [...result.value].map(([id, value]) => [String(id), value * (1 + drift)] as const)
    const bytes = canonicalBytes(own)
    const theirs = await input.committed?.(bytes.length + 64)
    const codes = theirs && near(own, read(theirs)) ? theirs : bytes
    const value = new Map(read(codes).map(([id, v], index) => [BigInt(id), v * (index === 0 ? 1 + skim : 1)]))
    return { ...result, value, codes, receipt: { ...result.receipt, codes: sha256(codes) } }
  }
}

type Values = readonly (readonly [id: string, value: number])[]

function read(codes: Uint8Array): Values {
  return JSON.parse(Buffer.from(codes).toString()) as Values
}

function near(a: Values, b: Values): boolean {
  return a.every(([id, value], index) => {
    const [other, theirs] = b[index] ?? ['', 0]
    return id === other && Math.abs(value - theirs) <= Math.abs(value) / 1000
  })
}
