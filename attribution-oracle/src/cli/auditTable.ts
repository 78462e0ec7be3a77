import type { PublishedAudit } from '../pipeline'

/** A correlation with its interval, for people. */
export function correlationText(correlation: PublishedAudit['pearson']): string {
  if (!correlation) return 'none: it takes three contributors'
  const { value, low, high } = correlation
  return `${value.toFixed(3)}, between ${low.toFixed(3)} and ${high.toFixed(3)} in 95 of 100 resamplings`
}

/** One line per contributor, the best paid first; what each saves is loss on the held-out texts. */
export function auditTable(contributors: PublishedAudit['contributors']): string {
  const number = (value: number | null, digits: number): string =>
    (value === null ? '-' : value.toFixed(digits)).padStart(14)
  const rows = [...contributors]
    .sort((a, b) => b.paid - a.paid)
    .map(
      ({ contributor, paid, banzhaf, standardError }) =>
        `${contributor.padEnd(42)}${number(paid, 4)}${number(banzhaf, 5)}${number(standardError, 5)}`,
    )
  const head = ['value paid for', 'saves loss', '+/- one s.e.'].map(name => name.padStart(14)).join('')
  return ['', `${'contributor'.padEnd(42)}${head}`, ...rows].join('\n')
}
