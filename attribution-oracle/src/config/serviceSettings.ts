import { z } from 'zod'
import {
  address,
  addressRange,
  folder,
  list,
  number,
  numberOrList,
  text,
  truth,
  webUrl,
  whole,
} from './setting'

/** What is kept where. */
export const DATA_SETTINGS = {
  contentFolder: text(folder, {
    group: 'data',
    about: 'Content by its SHA-256: contributions, models, what epochs publish.',
    expected: 'a folder',
    path: true,
  }),
  contentStores: list(z.array(folder).min(1).optional(), {
    group: 'data',
    about:
      'Where content is looked for, in this order: folders, gateways (https://host/path), buckets (s3://bucket/prefix?endpoint=…&region=…).',
    expected: 'folders, https:// or s3:// locations',
    fallback: 'the content folder alone',
    path: true,
  }),
  s3AccessKeyId: text(z.string().min(1).optional(), {
    group: 'data',
    about: 'For s3:// locations, which need it.',
    expected: 'an access key id',
    secret: true,
    unflagged: true,
  }),
  s3SecretAccessKey: text(z.string().min(1).optional(), {
    group: 'data',
    about: 'Belongs to the access key id.',
    expected: 'a secret access key',
    secret: true,
    unflagged: true,
  }),
  publishFolder: text(folder, {
    group: 'data',
    about: 'What an epoch publishes: CAR, claims, the post, attestations.',
    expected: 'a folder',
    path: true,
  }),
  storeFolder: text(folder.optional(), {
    group: 'data',
    about: 'The embedded database (PGlite), for one process on one machine.',
    expected: 'a folder, unless databaseUrl is given',
    path: true,
  }),
  databaseUrl: text(z.url({ protocol: /^postgres(ql)?$/ }).optional(), {
    group: 'data',
    about: 'PostgreSQL, used instead of the embedded database.',
    expected: 'postgres://user:password@host:port/database',
    secret: true,
    unflagged: true,
  }),
} as const

/** How weights come to be, and how those of others are judged. */
export const SCORING_SETTINGS = {
  workers: number(whole(1, 1024).default(2), {
    group: 'scoring',
    about: 'Threads for scoring. They change no bit of the result.',
    expected: 'a number of threads, 1 or more',
  }),
  natsUrl: text(z.url({ protocol: /^(nats|tls)$/ }).optional(), {
    group: 'scoring',
    about: 'NATS with JetStream: scoring is shared with the processes that "worker" starts.',
    expected: 'nats://host:port',
    secret: true,
  }),
  natsCredentials: text(z.string().min(1).optional(), {
    group: 'scoring',
    about: 'What stands in a .creds file of NATS (a user JWT and its seed), instead of a user in natsUrl.',
    expected: 'the text of a .creds file',
    secret: true,
    unflagged: true,
  }),
  natsCa: text(folder.optional(), {
    group: 'scoring',
    about:
      'Certificates (PEM) that the one of the NATS server is signed with; without it those of the system.',
    expected: 'the path of a PEM file',
    path: true,
  }),
  workerPatienceMs: number(whole(100, 3_600_000).default(30_000), {
    group: 'scoring',
    about: 'Milliseconds without an answer of any worker after which shards are computed in this process.',
    expected: 'milliseconds from 100 to 3600000',
  }),
  workerSilenceMs: number(whole(3_000, 3_600_000).default(30_000), {
    group: 'scoring',
    about:
      'Milliseconds without a heartbeat of a worker (one a second) after which another one gets its shard.',
    expected: 'milliseconds from 3000 to 3600000',
  }),
  tolerancePpm: number(whole(0, 1_000_000).default(20), {
    group: 'scoring',
    about: 'How far the posted weights of a pool may be from ours where no codes were committed to.',
    expected: 'parts per million of a pool',
  }),
  workerCheckShare: number(z.number().min(0).max(1).default(0.02), {
    group: 'scoring',
    about: 'Share of what workers behind NATS return that is computed here again, drawn at random.',
    expected: 'a share from 0 to 1',
  }),
  verifyShare: number(z.number().min(0).max(1).default(1), {
    group: 'scoring',
    about:
      'Share of the neural part of a posted epoch that a verifier computes again, drawn at random; 1 is all of it. Operators always compute all.',
    expected: 'a share from 0 to 1',
  }),
} as const

/** Who we are, and how operators work together. */
export const OPERATOR_SETTINGS = {
  mode: text(z.enum(['operator', 'verifier']).default('operator'), {
    group: 'operator',
    about: 'An operator computes, signs and posts; a verifier computes and challenges what is wrong.',
    expected: 'operator or verifier',
  }),
  operatorKey: text(
    z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/)
      .optional(),
    {
      group: 'operator',
      about: 'The private key itself; better a keystore or a signer.',
      expected: 'a private key: 0x and 64 hexadecimal digits',
      secret: true,
      unflagged: true,
    },
  ),
  keystore: text(folder.optional(), {
    group: 'operator',
    about: 'Keystore file, version 3, that nobody else can read.',
    expected: 'the path of a keystore',
    path: true,
  }),
  keystorePassword: text(z.string().min(1).optional(), {
    group: 'operator',
    about: 'Opens the keystore.',
    expected: 'a password',
    secret: true,
    unflagged: true,
  }),
  signerUrl: text(webUrl.optional(), {
    group: 'operator',
    about: 'A signer that answers eth_signTransaction and eth_signTypedData, for example web3signer.',
    expected: 'an http(s) URL',
    secret: true,
  }),
  signerAddress: text(address.optional(), {
    group: 'operator',
    about: 'The account that the signer signs for.',
    expected: 'an address',
  }),
  confirm: truth(z.boolean().default(false), {
    group: 'operator',
    about:
      '"run" sends transactions; otherwise it says what it would send. The other commands send only with the flag --confirm.',
    expected: 'true or false',
  }),
  challenge: truth(z.boolean().default(true), {
    group: 'operator',
    about: 'Strike a provably wrong post down, where transactions are sent at all.',
    expected: 'true or false',
  }),
  peers: list(z.array(webUrl).default([]), {
    group: 'operator',
    about: 'APIs of the other operators, where their attestations are read.',
    expected: 'http(s) URLs',
  }),
  submissionDelayMs: number(whole(0).default(60_000), {
    group: 'operator',
    about: 'Operators post one after the other, so many milliseconds apart, so that they do not race.',
    expected: 'milliseconds',
  }),
} as const

/** What a transaction may cost, and when it is sent again. */
export const FEE_SETTINGS = {
  maxFeeGwei: number(z.number().positive().max(1_000_000).default(200), {
    group: 'fees',
    about: 'No transaction offers more per gas.',
    expected: 'gwei, more than 0',
  }),
  bumpFactor: number(z.number().min(1.1).max(10).default(1.2), {
    group: 'fees',
    about: 'A replacement offers so many times the fee before it.',
    expected: 'a factor from 1.1 to 10',
  }),
  bumpAfterMs: number(whole(1000).default(240_000), {
    group: 'fees',
    about: 'Milliseconds after which a transaction that is not mined is replaced.',
    expected: 'milliseconds, 1000 or more',
  }),
  attempts: number(whole(1, 1000).default(10), {
    group: 'fees',
    about: 'Tries of one transaction, replacements included.',
    expected: 'a number from 1 to 1000',
  }),
} as const

export const HTTP_SETTINGS = {
  httpHost: text(z.string().min(1).default('127.0.0.1'), {
    group: 'http',
    about: 'Where the API listens; 0.0.0.0 for all addresses of the machine.',
    expected: 'a host name or address',
  }),
  httpPort: number(whole(0, 65_535).default(8787), {
    group: 'http',
    about: 'Port of the API; 0 takes any that is free.',
    expected: 'a port from 0 to 65535',
  }),
  corsOrigins: list(z.array(z.string().min(1)).default([]), {
    group: 'http',
    about: 'Web pages that may read the API; * for all.',
    expected: 'origins such as https://example.org, or *',
  }),
  rateLimit: number(whole(0).default(600), {
    group: 'http',
    about: 'Requests a minute from one address; 0 for no limit.',
    expected: 'a number of requests a minute',
  }),
  trustedProxies: numberOrList(z.union([whole(0, 16), z.array(addressRange)]).default(0), {
    group: 'http',
    about:
      'Reverse proxies whose X-Forwarded-For says who asks: so many in a row, where nobody reaches the API past them, or their addresses. Otherwise a proxy counts as one client.',
    expected: 'a number of proxies, or addresses such as 10.0.0.0/8',
  }),
  workerHttpPort: number(whole(0, 65_535).optional(), {
    group: 'http',
    about: 'Port at which a "worker" serves /metrics and /health on httpHost; 0 takes any that is free.',
    expected: 'a port from 0 to 65535',
    fallback: 'off',
  }),
} as const

export const LOG_SETTINGS = {
  logLevel: text(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    group: 'logging',
    about: 'The least that is logged.',
    expected: 'trace, debug, info, warn, error, fatal or silent',
  }),
  logFormat: text(z.enum(['auto', 'json', 'pretty']).default('auto'), {
    group: 'logging',
    about: 'auto is pretty on a terminal and JSON elsewhere.',
    expected: 'auto, json or pretty',
  }),
} as const
