// Tasks that sign a document and write it to a file: nothing is sent.
import { hexlify, ParamType, randomBytes, type Signer } from 'ethers'
import { task, types } from 'hardhat/config'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { abiValue, type Unit } from '../scripts/abiArguments'
import { ProtocolError, type Fault } from '../scripts/errors'
import { writeJsonDocument } from '../scripts/jsonDocument'
import type { System } from '../scripts/system'
import { action } from './action'
import { builds } from './builds'
import { signerOfTask, systemOfTask, type ConnectionArguments } from './connection'
import { connected } from './options'

interface Field {
  readonly name: string
  readonly help: string
  /** ABI type; `file` is a path that must only be there. */
  readonly type: string
  readonly unit?: Unit
  readonly fallback?: string
}

interface Signing {
  readonly task: string
  readonly description: string
  readonly fields: readonly Field[]
  readonly sign: (
    system: System,
    signer: Signer,
    values: Readonly<Record<string, unknown>>,
  ) => Promise<object>
}

const SIGNINGS: readonly Signing[] = [
  {
    task: 'operator:attest',
    description: 'Signs a post as an operator, for whoever posts it',
    fields: [{ name: 'post', help: 'File of the post ("open-datanets/post")', type: 'file' }],
    sign: async (system, signer, { post }) => {
      const { attest, readPostFile } = builds().posts
      return attest(system, signer, await readPostFile(String(post)))
    },
  },
  {
    task: 'permission:sign',
    description: 'Signs a permission to use contributions of the signer',
    fields: [
      { name: 'grantee', help: 'Who may use them', type: 'address' },
      { name: 'first', help: 'Id of the first contribution', type: 'uint64' },
      { name: 'count', help: 'How many, from the first one on', type: 'uint32' },
      { name: 'purposes', help: 'Bit set of the uses', type: 'uint32' },
      { name: 'expiry', help: 'Unix seconds until which it holds', type: 'uint64' },
      {
        name: 'nonce',
        help: 'Any number that was not used (default: a random one)',
        type: 'uint256',
        fallback: 'random',
      },
    ],
    sign: async (system, signer, { grantee, first, count, purposes, expiry, nonce }) =>
      builds().grants.signGrant(system, signer, {
        contributor: await signer.getAddress(),
        grantee: String(grantee),
        firstContributionId: first as bigint,
        count: Number(count),
        purposes: Number(purposes),
        expiry: expiry as bigint,
        nonce: nonce as bigint,
      }),
  },
  {
    task: 'payments:sign-voucher',
    description: 'Signs a voucher: the signer owes a model so much in total, over all time',
    fields: [
      { name: 'model', help: 'Id of the model', type: 'uint32' },
      { name: 'cumulative', help: 'All that is owed, over all time', type: 'uint128', unit: 'OPEN' },
    ],
    sign: async (system, signer, { model, cumulative }) => {
      const payer = await signer.getAddress()
      return builds().vouchers.signVoucher(system, signer, {
        payer,
        modelId: Number(model),
        cumulative: cumulative as bigint,
      })
    },
  },
  {
    task: 'payments:sign-authorization',
    description: 'Signs a payment to a model that anyone may send in (EIP-3009)',
    fields: [
      { name: 'model', help: 'Id of the model', type: 'uint32' },
      { name: 'amount', help: 'How much', type: 'uint128', unit: 'OPEN' },
      { name: 'requestDigest', help: 'SHA-256 of the request that is paid for', type: 'bytes32' },
      { name: 'validBefore', help: 'Unix seconds before which it is good', type: 'uint64' },
      { name: 'validAfter', help: 'Unix seconds after which it is good', type: 'uint64', fallback: '0' },
      {
        name: 'salt',
        help: 'Lets one request be paid more than once (default: random)',
        type: 'bytes32',
        fallback: 'random',
      },
    ],
    sign: async (system, signer, { model, amount, requestDigest, validBefore, validAfter, salt }) =>
      builds().authorizations.signPayment(system, signer, {
        modelId: Number(model),
        requestDigest: String(requestDigest),
        from: await signer.getAddress(),
        value: amount as bigint,
        validAfter: validAfter as bigint,
        validBefore: validBefore as bigint,
        salt: String(salt),
      }),
  },
]

type SigningArguments = ConnectionArguments & {
  readonly json: boolean
  readonly out: string
} & Readonly<Record<string, unknown>>

for (const signing of SIGNINGS) register(signing)

function register({ task: name, description, fields, sign }: Signing): void {
  const definition = connected(task(name, description)).addParam(
    'out',
    'File to write',
    undefined,
    types.string,
  )
  for (const { name: field, help, fallback } of fields) {
    if (fallback === undefined) definition.addParam(field, help, undefined, types.string)
    else definition.addOptionalParam(field, help, fallback, types.string)
  }
  definition.setAction(
    action<SigningArguments>(async (args: SigningArguments, hre: HardhatRuntimeEnvironment) => {
      const values = valuesOf(name, fields, args)
      const system = await systemOfTask(hre, args)
      const signer = await signerOfTask(hre, args.from)
      const document = await sign(system, signer, values)
      await writeJsonDocument(args.out, document)
      return {
        text: `${name}: signed by ${await signer.getAddress()}, written to ${args.out}`,
        json: document,
      }
    }),
  )
}

function valuesOf(name: string, fields: readonly Field[], args: SigningArguments): Record<string, unknown> {
  const faults: Fault[] = []
  const values = fields.map(({ name: field, type, unit, fallback }) => {
    const given = args[field] ?? fallback
    if (type === 'file') return [field, given]
    const value = given === 'random' ? hexlify(randomBytes(32)) : given
    const number = type.startsWith('uint') && given === 'random' ? BigInt(String(value)) : value
    return [field, abiValue(ParamType.from(type), number, field, faults, unit)]
  })
  if (faults.length > 0) throw new ProtocolError('ARGUMENTS_INVALID', { task: name, faults })
  return Object.fromEntries(values)
}
