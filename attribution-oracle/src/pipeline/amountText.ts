/** Wei of a coin with 18 decimals in whole coins: exact, with all 18 digits and commas between thousands. */
export function formatAmount(wei: bigint): string {
  const digits = String(wei < 0n ? -wei : wei).padStart(19, '0')
  const whole = digits.slice(0, -18).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${wei < 0n ? '-' : ''}${whole}.${digits.slice(-18)}`
}
