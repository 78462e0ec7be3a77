/** A share as people read it: 0.7312 is "73.1 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
