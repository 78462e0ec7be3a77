import type { PublishedAudit } from '../pipeline'

/** One line per contributor, the best paid first. */
export function auditTable(contributors: PublishedAudit['contributors']): string {
  const number = (value: number | null, digits: number): string =>
    (value === null ? '-' : value.toFixed(digits)).padStart(12)
  const rows = [...contributors]
    .sort((a, b) => b.paid - a.paid)
    .map(
      ({ contributor, paid, banzhaf, standardError }) =>
        `${contributor.padEnd(42)}${number(paid, 4)}${number(banzhaf, 5)}${number(standardError, 5)}`,
    )
  const head = ['paid', 'saves', '+/-'].map(name => name.padStart(12)).join('')
  return ['', `${'contributor'.padEnd(42)}${head}`, ...rows].join('\n')
}
