import type { NewTransaction, OutboxOutcome, OutboxTry } from '../../src/domain'

export const SENDER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

export function attempt(number: number, kind: OutboxTry['kind'] = 'action'): OutboxTry {
  return {
    ...{ attempt: number, kind, subject: 'this', hash: `0x0${number}`, raw: `0xf${number}` },
    maxFeePerGas: 10n ** 20n * BigInt(number),
    maxPriorityFeePerGas: BigInt(number),
    signedAt: 1_800_000_000_000 + number,
  }
}

export function transaction(epoch: number, action: string, nonce = 3, sender = SENDER): NewTransaction {
  return { epoch, action, sender, nonce, first: attempt(1) }
}

export function mined(final: boolean, hash = '0x01'): OutboxOutcome {
  const receipt = { hash, blockNumber: 9, gasUsed: 21_000n, cost: 10n ** 21n }
  return { state: 'mined', final, receipt }
}
