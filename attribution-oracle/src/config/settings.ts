import { z } from 'zod'

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'a 20-byte address')
const whole = (least: number) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^[0-9]+$/)
        .transform(Number),
    ])
    .pipe(z.number().int().min(least))
const path = z.string().min(1)

/** One setting: how it is named outside of the file, and what it has to be. */
interface Setting {
  env: string
  schema: z.ZodType
  /** shown to the reader of a fault */
  expected: string
  secret?: true
  /** a path of the file is relative to the file */
  path?: true
}

/**
 * Every setting of the oracle by its name in the configuration file. A flag --name wins over the environment, which wins
 * over the file. A secret may also stand in a file of its own that <ENV>_FILE names.
 */
export const SETTINGS = {
  rpcUrl: { env: 'ORACLE_RPC_URL', schema: z.url(), expected: 'an http(s) URL', secret: true },
  deployment: {
    env: 'ORACLE_DEPLOYMENT',
    schema: path.optional(),
    expected: 'the path of a system.json',
    path: true,
  },
  chainId: { env: 'ORACLE_CHAIN_ID', schema: whole(1), expected: 'a chain id' },
  startBlock: { env: 'ORACLE_START_BLOCK', schema: whole(0), expected: 'the block of the first contract' },
  datanetRegistry: { env: 'ORACLE_DATANET_REGISTRY', schema: address, expected: 'an address' },
  modelRegistry: { env: 'ORACLE_MODEL_REGISTRY', schema: address, expected: 'an address' },
  inferencePayments: { env: 'ORACLE_INFERENCE_PAYMENTS', schema: address, expected: 'an address' },
  rewardEscrow: { env: 'ORACLE_REWARD_ESCROW', schema: address, expected: 'an address' },
  rewardVault: { env: 'ORACLE_REWARD_VAULT', schema: address, expected: 'an address' },
  attributionOracle: { env: 'ORACLE_ATTRIBUTION_ORACLE', schema: address, expected: 'an address' },
  operatorSet: { env: 'ORACLE_OPERATOR_SET', schema: address, expected: 'an address' },
  fraudProofs: { env: 'ORACLE_FRAUD_PROOFS', schema: address, expected: 'an address' },
  settlementProofs: { env: 'ORACLE_SETTLEMENT_PROOFS', schema: address, expected: 'an address' },
  pageDemands: { env: 'ORACLE_PAGE_DEMANDS', schema: address, expected: 'an address' },
  contentFolder: { env: 'ORACLE_CONTENT_FOLDER', schema: path, expected: 'a folder', path: true },
  storeFolder: { env: 'ORACLE_STORE_FOLDER', schema: path, expected: 'a folder', path: true },
  publishFolder: { env: 'ORACLE_PUBLISH_FOLDER', schema: path, expected: 'a folder', path: true },
  workers: { env: 'ORACLE_WORKERS', schema: whole(1).default(2), expected: 'a number of threads, 1 or more' },
  tolerancePpm: {
    env: 'ORACLE_TOLERANCE_PPM',
    schema: whole(0).default(20),
    expected: 'parts per million of a pool',
  },
  pollMs: { env: 'ORACLE_POLL_MS', schema: whole(10).default(1000), expected: 'milliseconds, 10 or more' },
  operatorKey: {
    env: 'ORACLE_OPERATOR_KEY',
    schema: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/)
      .optional(),
    expected: 'a private key: 0x and 64 hexadecimal digits',
    secret: true,
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS
export type Config = Readonly<{ [N in SettingName]: z.output<(typeof SETTINGS)[N]['schema']> }>

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]
export const settingOf = (name: SettingName): Setting => SETTINGS[name]
