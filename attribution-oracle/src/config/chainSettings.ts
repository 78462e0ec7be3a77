import { z } from 'zod'
import { address, folder, list, number, text, webUrl, whole, type Setting } from './setting'

const contract = (about: string): Setting<typeof address> =>
  text(address, {
    group: 'contracts',
    about,
    expected: 'an address',
    fallback: 'the deployment record',
  })

/** The chain, how it is read, and where the contracts are. */
export const CHAIN_SETTINGS = {
  rpcUrls: list(z.array(webUrl).min(1), {
    group: 'chain',
    about: 'RPC endpoints. Reads fail over from one to the next; a signed transaction goes to all of them.',
    expected: 'http(s) URLs',
    secret: true,
  }),
  rpcUrl: text(webUrl.optional(), {
    group: 'chain',
    about: 'The same for one endpoint.',
    expected: 'an http(s) URL',
    secret: true,
  }),
  deployment: text(folder.optional(), {
    group: 'chain',
    about: 'The deployment record (deployments/<network>/system.json): chain, first block and contracts.',
    expected: 'the path of a system.json',
    path: true,
  }),
  chainId: number(whole(1), {
    group: 'chain',
    about: 'An endpoint of another chain is refused.',
    expected: 'a chain id',
    fallback: 'the deployment record',
  }),
  genesisHash: text(
    z
      .string()
      .regex(/^0x[0-9a-f]{64}$/)
      .optional(),
    {
      group: 'chain',
      about: 'Hash of block 0. An endpoint of a chain that began otherwise is refused.',
      expected: '0x and 64 lower-case hexadecimal digits',
      fallback: 'not checked',
    },
  ),
  startBlock: number(whole(0), {
    group: 'chain',
    about: 'No contract of the system is older than this block.',
    expected: 'the block of the first contract',
    fallback: 'the deployment record',
  }),
  pollMs: number(whole(10).default(1000), {
    group: 'chain',
    about: 'Milliseconds between two looks at the chain.',
    expected: 'milliseconds, 10 or more',
  }),
  rpcTimeoutMs: number(whole(100).default(15_000), {
    group: 'chain',
    about: 'Milliseconds after which a request counts as failed.',
    expected: 'milliseconds, 100 or more',
  }),
  crossCheck: number(whole(1).optional(), {
    group: 'chain',
    about: 'So many endpoints have to agree on the hash of the block that an epoch is pinned to.',
    expected: 'a number from 1 to that of the endpoints',
    fallback: '2 with several endpoints, otherwise 1',
  }),
  datanetRegistry: contract('Contributions and their contributors.'),
  modelRegistry: contract('Models and what they were trained on.'),
  inferencePayments: contract('Redeemed vouchers.'),
  rewardEscrow: contract('What pools were funded with.'),
  rewardVault: contract('What holders claim from.'),
  attributionOracle: contract('Where roots are posted.'),
  operatorSet: contract('Operators and their bonds.'),
  fraudProofs: contract('Challenges of ledger, journal and manifest.'),
  settlementProofs: contract('Challenges of settlements.'),
  pageDemands: contract('Pages that a poster has to reveal.'),
} as const
