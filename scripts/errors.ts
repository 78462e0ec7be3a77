/** One thing that is wrong with a document or a parameter: where, what stood there, what should have. */
export interface Fault {
  readonly name: string
  readonly got: string
  readonly expected: string
}

/** What each code knows about its case. `got` and `expected` are the two sides that did not agree, as text. */
export interface ErrorData {
  ARGUMENT_INVALID: Fault
  ARGUMENTS_INVALID: { task: string; faults: readonly Fault[] }
  PARAMETERS_INVALID: { path: string; faults: readonly Fault[] }
  RECORD_MISSING: { network: string; path: string; known: readonly string[] }
  RECORD_INVALID: { path: string; faults: readonly Fault[] }
  RECORD_EXISTS: { path: string; token: string }
  RECORD_OF_OTHER_CHAIN: { path: string; got: string; expected: string }
  NETWORK_UNKNOWN: { got: string; expected: readonly string[] }
  CHAIN_UNREACHABLE: { network: string; got: string }
  KEY_MISSING: { network: string; got: string; expected: string }
  TRANSACTION_REVERTED: { call: string; got: string }
  EVENT_MISMATCH: { event: string; got: string; expected: string }
  CODE_MISMATCH: { contract: string; address: string; got: string; expected: string }
  ROLE_MISMATCH: { role: string; got: string; expected: string }
  DEPLOYMENT_DIFFERS: { path: string; got: string; expected: string }
  DEPLOYMENT_FAILED: { path: string; got: string }
  SYSTEM_UNSOUND: { got: string; checks: number }
  DOCUMENT_INVALID: { path: string; faults: readonly Fault[] }
  SIGNATURE_INVALID: { what: string; got: string; expected: string }
  SIGNATURES_MISSING: { epoch: number; got: string; expected: string }
  POST_MISSING: { what: string; got: string; expected: string }
  POINTER_MISMATCH: { pointer: string; got: string; expected: string }
  DATANET_UNKNOWN: { datanetId: number; registry: string }
  FILE_UNREADABLE: { path: string; got: string }
  FILE_EMPTY: { path: string }
  FILE_TOO_LARGE: { path: string; got: number; expected: number }
  FILE_NOT_TEXT: { path: string; got: string; mediaType: string }
  FILE_DUPLICATE: { path: string; got: string; first: string }
  FILES_MISSING: { path: string; expected: string }
  CLAIMS_INVALID: { path: string; faults: readonly Fault[] }
  CLAIMS_OF_OTHER_VAULT: { path: string; got: string; expected: string }
  ACCOUNT_NOT_IN_CLAIMS: { path: string; got: string; accounts: number }
  ROOT_STALE: { path: string; got: string; expected: string }
  CLAIMS_PAUSED: { vault: string; epoch: number }
  PROOF_INVALID: { account: string; got: string; expected: string }
  NOTHING_TO_CLAIM: { account: string; got: string; expected: string }
}

export type ErrorCode = keyof ErrorData

interface Report {
  readonly what: string
  readonly got: string
  readonly expected: string
  readonly fix: string
}

const REPORTS: { readonly [C in ErrorCode]: (data: ErrorData[C]) => Report } = {
  ARGUMENT_INVALID: ({ name, got, expected }) => ({
    what: `the argument ${name} is not valid`,
    got,
    expected,
    fix: `pass a valid ${name}`,
  }),
  ARGUMENTS_INVALID: ({ task, faults }) => ({
    what: `the arguments of ${task} are not valid`,
    ...listed(faults),
    fix: `correct every line above; \`hardhat help ${task}\` says what each is`,
  }),
  PARAMETERS_INVALID: ({ path, faults }) => ({
    what: `the deployment parameters in ${path} are not valid`,
    ...listed(faults),
    fix: 'correct every line above; deployments/parameters.example.json is a valid file but for its placeholders',
  }),
  RECORD_MISSING: ({ network, path, known }) => ({
    what: `there is no deployment record for the network "${network}"`,
    got: `no file ${path}`,
    expected:
      known.length === 0 ? 'a deployed network (none is recorded here)' : `one of: ${known.join(', ')}`,
    fix: 'deploy with `hardhat protocol:deploy --network <name>` or pass the network that holds the deployment',
  }),
  RECORD_INVALID: ({ path, faults }) => ({
    what: `the deployment record ${path} is not valid`,
    ...listed(faults),
    fix: 'restore the file or deploy again',
  }),
  RECORD_EXISTS: ({ path, token }) => ({
    what: `a system is deployed on this network already (${path})`,
    got: `the recorded token ${token}`,
    expected: 'a chain without it',
    fix: 'use that system, or pass --replace to deploy another one and forget its record',
  }),
  RECORD_OF_OTHER_CHAIN: ({ path, got, expected }) => ({
    what: `the deployment record ${path} does not belong to this chain`,
    got,
    expected,
    fix: 'connect to the recorded chain, or deploy to this one',
  }),
  NETWORK_UNKNOWN: ({ got, expected }) => ({
    what: 'there is no such network',
    got: `"${got}"`,
    expected: `one of: ${expected.join(', ')}`,
    fix: 'pass one of them to --network or HARDHAT_NETWORK, or add yours to hardhat.config.ts',
  }),
  CHAIN_UNREACHABLE: ({ network, got }) => ({
    what: `the chain of the network "${network}" does not answer`,
    got,
    expected: 'a chain id from its RPC endpoint',
    fix: 'start the node or correct the URL of the network',
  }),
  KEY_MISSING: ({ network, got, expected }) => ({
    what: `no key signs for this call on the network "${network}"`,
    got,
    expected,
    fix: 'set DEPLOYER_PRIVATE_KEY or pass --from with an account that the node unlocks',
  }),
  TRANSACTION_REVERTED: ({ call, got }) => ({
    what: `the chain refuses ${call}`,
    got,
    expected: 'a call that succeeds',
    fix: 'correct what the reason names; nothing was changed on chain',
  }),
  EVENT_MISMATCH: ({ event, got, expected }) => ({
    what: `the transaction was mined, but its event ${event} is not what was sent`,
    got,
    expected,
    fix: 'check that the address belongs to this protocol version before sending anything else',
  }),
  CODE_MISMATCH: ({ contract, address, got, expected }) => ({
    what: `the code of ${contract} at ${address} is not the code of this build`,
    got,
    expected,
    fix: 'do not use this deployment: compile again and deploy again',
  }),
  ROLE_MISMATCH: ({ role, got, expected }) => ({
    what: `the deployed system gives rights wrongly at ${role}`,
    got,
    expected,
    fix: 'do not use this deployment: deploy again, or let governance correct the role',
  }),
  DEPLOYMENT_DIFFERS: ({ path, got, expected }) => ({
    what: `an unfinished deployment in ${path} was begun with something else`,
    got,
    expected,
    fix: 'finish it as it was begun, or pass --replace to set it aside and begin anew',
  }),
  DEPLOYMENT_FAILED: ({ path, got }) => ({
    what: `the deployment stopped; what is done is recorded in ${path}`,
    got,
    expected: 'every step on chain',
    fix: 'correct the cause and run the same command again: it goes on where it stopped',
  }),
  SYSTEM_UNSOUND: ({ got, checks }) => ({
    what: 'the deployed system is not what its record says',
    got,
    expected: `all ${checks} checks to pass`,
    fix: 'look at the lines marked FAIL; let governance correct them, or do not use this deployment',
  }),
  DOCUMENT_INVALID: ({ path, faults }) => ({
    what: `the document ${path} is not valid`,
    ...listed(faults),
    fix: 'correct every line above',
  }),
  SIGNATURE_INVALID: ({ what, got, expected }) => ({
    what: `the signature of ${what} is not valid`,
    got,
    expected,
    fix: 'let the right account sign the same document for this deployment again',
  }),
  SIGNATURES_MISSING: ({ epoch, got, expected }) => ({
    what: `there are not the signatures that the post of epoch ${epoch} needs`,
    got,
    expected,
    fix: 'collect attestations of other operators with `hardhat operator:attest`',
  }),
  POST_MISSING: ({ what, got, expected }) => ({
    what: `there is no ${what}`,
    got,
    expected,
    fix: 'look at the epoch with `hardhat epoch:show`',
  }),
  POINTER_MISMATCH: ({ pointer, got, expected }) => ({
    what: `the deployed system is wired wrongly at ${pointer}`,
    got,
    expected,
    fix: 'do not use this deployment: deploy again',
  }),
  DATANET_UNKNOWN: ({ datanetId, registry }) => ({
    what: `the datanet does not exist in the registry ${registry}`,
    got: `datanet ${datanetId}`,
    expected: 'the id of a created datanet',
    fix: 'create it with `hardhat datanet:create` or pass its id',
  }),
  FILE_UNREADABLE: ({ path, got }) => ({
    what: `cannot read ${path}`,
    got,
    expected: 'a readable file or folder',
    fix: 'correct the path or its permissions',
  }),
  FILE_EMPTY: ({ path }) => ({
    what: `${path} cannot be contributed`,
    got: '0 bytes',
    expected: 'at least 1 byte',
    fix: 'leave the file out',
  }),
  FILE_TOO_LARGE: ({ path, got, expected }) => ({
    what: `${path} cannot be contributed`,
    got: `${got} bytes`,
    expected: `at most ${expected} bytes`,
    fix: 'split the file, leave it out, or raise the limit',
  }),
  FILE_NOT_TEXT: ({ path, got, mediaType }) => ({
    what: `${path} cannot be contributed as ${mediaType}`,
    got,
    expected: 'valid UTF-8',
    fix: 'convert the file to UTF-8 or leave it out',
  }),
  FILE_DUPLICATE: ({ path, got, first }) => ({
    what: `${path} is a duplicate`,
    got,
    expected: `nothing that ${first} already has`,
    fix: 'leave one of the two out: a copy earns nothing',
  }),
  FILES_MISSING: ({ path, expected }) => ({
    what: `${path} holds nothing to contribute`,
    got: '0 files',
    expected,
    fix: 'pass files, or a folder that holds some',
  }),
  CLAIMS_INVALID: ({ path, faults }) => ({
    what: `the claims file ${path} is not valid`,
    ...listed(faults),
    fix: 'fetch the claims file of the epoch again',
  }),
  CLAIMS_OF_OTHER_VAULT: ({ path, got, expected }) => ({
    what: `the claims file ${path} belongs to another vault`,
    got,
    expected,
    fix: 'use the claims file of this deployment',
  }),
  ACCOUNT_NOT_IN_CLAIMS: ({ path, got, accounts }) => ({
    what: `the claims file ${path} has no entry for the account`,
    got,
    expected: `one of its ${accounts} accounts`,
    fix: 'claim for an account that contributed before the epoch closed',
  }),
  ROOT_STALE: ({ path, got, expected }) => ({
    what: `the claims file ${path} is not that of the vault's current root`,
    got,
    expected,
    fix: 'use the claims file of the epoch that is final now',
  }),
  CLAIMS_PAUSED: ({ vault, epoch }) => ({
    what: `the vault ${vault} pays no claims now`,
    got: `no root (epoch ${epoch})`,
    expected: 'a root that is not zero',
    fix: 'wait until an epoch is final',
  }),
  PROOF_INVALID: ({ account, got, expected }) => ({
    what: `the proof is not one for ${account}`,
    got,
    expected,
    fix: 'use the entry of this very account from the published claims file',
  }),
  NOTHING_TO_CLAIM: ({ account, got, expected }) => ({
    what: `there is nothing to claim for ${account}`,
    got,
    expected,
    fix: 'wait for the next epoch',
  }),
}

function listed(faults: readonly Fault[]): Pick<Report, 'got' | 'expected'> {
  return {
    got: faults.map(fault => `\n  ${fault.name}: got ${fault.got}, expected ${fault.expected}`).join(''),
    expected: 'no fault',
  }
}

/** The one error of scripts and tasks: `code` says which case, `data` holds its values, the message names both sides. */
export class ProtocolError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ProtocolError'

  constructor(
    readonly code: C,
    readonly data: ErrorData[C],
    options?: ErrorOptions,
  ) {
    const { what, got, expected, fix } = REPORTS[code](data)
    super(`${what}: got ${got}; expected ${expected}. ${fix[0]?.toUpperCase()}${fix.slice(1)}.`, options)
  }
}

/** True for a ProtocolError, and, when a code is given, for that code only. */
export function isProtocolError<C extends ErrorCode>(error: unknown, code?: C): error is ProtocolError<C> {
  return error instanceof ProtocolError && (code === undefined || error.code === code)
}
