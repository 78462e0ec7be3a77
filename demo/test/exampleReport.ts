import type { Report } from '../src/report'

export const WEI = 10n ** 18n

/** A small report whose names try to be markup. */
export function exampleReport(name: string): Report {
  const amount = String(3n * WEI)
  const row = {
    account: '0x0000000000000000000000000000000000000001',
    files: 4,
    accepted: 3,
    paidFiles: 3,
    valueShare: 0.25,
    usageShare: 0.75,
    earnedValue: String(WEI),
    earnedUsage: String(2n * WEI),
    earned: amount,
    claimed: amount,
    gas: '71234',
  }
  const model = { modelId: 1, trainedOn: 4, loss: 3.5, before: 4.25, unigram: 6, bigram: 5, digest: '0x01' }
  return {
    format: 'open-datanets/demo-report',
    version: 1,
    seed: name,
    size: 'small',
    seconds: [{ chapter: 'Deploy the protocol', seconds: 1 }],
    chain: {
      chainId: 31337,
      contracts: { token: row.account },
      gas: [{ action: name, transactions: 2, gas: '42000' }],
    },
    corpus: { files: 8, bytes: 9_000, heldOutFiles: 2, batches: 2 },
    models: [
      { ...model, kind: 'base', name: 'solidity' },
      { ...model, kind: 'adapter', name },
    ],
    governance: {
      description: name,
      proposalId: '1',
      votesFor: '2',
      quorum: '1',
      days: 10,
      deployerHasNoRole: true,
    },
    training: [{ label: name, losses: [{ step: 1, loss: 6 }] }],
    serving: {
      requests: 12,
      tokens: 300,
      tokensPerSecond: 100,
      redeemed: amount,
      samples: [{ model: name, prompt: name, completion: name, price: amount }],
    },
    epoch: {
      number: 1,
      ledgerRoot: '0x01',
      manifestRoot: '0x02',
      journalRoot: '0x03',
      dataDigest: '0x04',
      configDigest: '0x05',
      screened: { accepted: 5, copies: 2, rejected: 1 },
      pools: [{ poolId: '1', name, question: 'value', funded: amount, paid: amount, contributions: 3 }],
    },
    verifier: { agrees: true, ledgerRoot: '0x01', dataDigest: '0x04', seconds: 1 },
    lie: {
      account: row.account,
      extraWei: '1',
      postedRoot: '0x06',
      honestRoot: '0x01',
      challenge: 'journal',
      gas: '1',
      slashed: '1',
      burned: '1',
      reward: '0',
    },
    rows: [
      { ...row, name: 'openzeppelin', role: 'author', reason: 'accepted' },
      { ...row, name, role: 'exact copier', reason: name },
    ],
    totals: {
      funded: amount,
      released: amount,
      earned: String(6n * WEI),
      claimed: amount,
      vaultBalance: '0',
    },
    sybil: { accounts: [], split: '0', unsplit: '0', difference: '0' },
    checks: [
      { name, passed: true, detail: name },
      { name: 'another', passed: false, detail: 'it differs' },
    ],
  }
}
