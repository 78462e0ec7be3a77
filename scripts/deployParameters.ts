import { encodeBytes32String } from 'ethers'
import { z } from 'zod'

import { checkJson, readJsonFile } from './jsonFile'
import { address, amount, whole } from './schemaFaults'

const DAY = 86_400
const WHOLE = 10_000
const bps = whole(0, WHOLE)
const seconds = whole(0, 50 * 365 * DAY)
const ADDRESS = 'an address (0x and 40 hex digits, a valid checksum if mixed case)'

/** All of OPEN that there ever is, in wei. */
export const SUPPLY = 1_000_000_000n * 10n ** 18n

/** The greatest number of operators in a set. */
export const MAX_OPERATORS = 32

/** The five groups of the genesis in the order of the contract, with their parts of the supply in basis points. */
export const GENESIS_GROUPS = {
  community: 5171,
  investors: 1829,
  team: 1500,
  ecosystem: 1000,
  liquidity: 500,
}

/**
 * Who gets tokens: an address, a contract of the deployment, or null for the deployer. Liquid tokens are votes, and at the
 * genesis few others have any: null is for development chains, and refused elsewhere.
 */
const holder = z.union([address, z.literal('timelock'), z.literal('emissionController'), z.null()], {
  error: `${ADDRESS}, "timelock", "emissionController", or null for the deployer`,
})

/** Who holds a right: an address or governance itself. Never the deployer by default. */
const authority = z.union([address, z.literal('timelock')], { error: `${ADDRESS}, or "timelock"` })

export type Holder = z.output<typeof holder>
export type Authority = z.output<typeof authority>

const present = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null

// A check that compares several parts has to wait until each of them is right.
const sound = ({ issues, value }: { issues: readonly unknown[]; value: unknown }) =>
  present({ value }) && issues.length === 0

const beneficiary = z.strictObject({ account: holder, shareBps: whole(1, WHOLE) })

const group = z
  .strictObject({
    /** Parts of the supply: fixed by the protocol, written out to be read. */
    bps,
    /** Seconds after the genesis at which vesting begins; what lies before is a cliff. */
    start: seconds,
    /** Seconds over which it vests, linearly; 0: everything is liquid at once. */
    duration: seconds,
    /** What of the group is liquid at the genesis, in wei. */
    float: amount,
    /** Who gets the float; null: the beneficiaries, by their shares. */
    floatTo: z.union([address, z.literal('timelock'), z.null()], {
      error: `${ADDRESS}, "timelock", or null for the beneficiaries`,
    }),
    beneficiaries: z
      .array(beneficiary, 'a list of beneficiaries')
      .min(1, { error: 'at least one' })

      .max(19, {
        error: 'at most 19 beneficiaries',
      }),
  })
  .refine(({ float, bps }) => !(float > (SUPPLY * BigInt(bps)) / BigInt(WHOLE)), {
    path: ['float'],
    error: 'at most what the group gets',
    when: present,
  })
  .refine(({ float, duration }) => !(duration === 0 && float !== 0n), {
    path: ['float'],
    error: '"0" where the duration is 0: everything is liquid',
    when: present,
  })
  .refine(({ beneficiaries }) => sumOf(beneficiaries, ({ shareBps }) => shareBps) === WHOLE, {
    path: ['beneficiaries'],
    error: 'shares of 10000 together',
    when: sound,
  })

const groups = Object.fromEntries(
  Object.entries(GENESIS_GROUPS).map(([name, bps]) => [
    name,
    group.refine(({ bps: got }) => got === bps, { path: ['bps'], error: String(bps), when: present }),
  ]),
) as Record<keyof typeof GENESIS_GROUPS, typeof group>

// The controller pays from one wallet.
function emissionsVestOnce(genesis: Record<string, z.output<typeof group>>): boolean {
  const vesting = Object.values(genesis).filter(({ duration }) => duration > 0)
  const accounts = vesting.flatMap(({ beneficiaries }) => beneficiaries.map(({ account }) => account))
  return accounts.filter(account => account === 'emissionController').length === 1
}

const governance = z
  .strictObject({
    /** Seconds between a proposal and the first vote. */
    votingDelay: seconds,
    /** Seconds in which votes are cast. */
    votingPeriod: whole(1, 365 * DAY),
    /** Votes that a proposer needs, in wei of OPEN. */
    proposalThreshold: amount,
    /** Percent of the supply that has to vote. */
    quorumPercent: whole(1, 100),
    /** Seconds that are left at least once the quorum is reached. */
    lateQuorumExtension: seconds,
    /** Seconds between a passed proposal and its execution. */
    timelockDelay: seconds,
  })
  .refine(({ lateQuorumExtension, votingPeriod }) => !(lateQuorumExtension > votingPeriod), {
    path: ['lateQuorumExtension'],
    error: 'at most the voting period',
    when: present,
  })

const roles = z.strictObject({
  /** May cancel a pending root and pause claims for a while. */
  guardian: authority,
  /** May open epochs. */
  epochManager: authority,
})

const operators = z
  .strictObject({
    accounts: z
      .array(address, 'a list of addresses')
      .max(MAX_OPERATORS, { error: `at most ${MAX_OPERATORS}` }),
    /** How many of them may be faulty: a post needs one signature more. */
    faults: whole(0, MAX_OPERATORS),
    /** Wei. */
    minimumBond: amount.refine(bond => bond < 1n << 96n, { error: 'an amount below 2^96' }),
    /** Seconds. */
    exitDelay: whole(1, 366 * DAY),
  })
  .refine(({ accounts }) => new Set(accounts).size === accounts.length, {
    path: ['accounts'],
    error: 'each address once',
    when: sound,
  })
  .refine(({ accounts, faults }) => accounts.length === 0 || accounts.length >= 2 * faults + 1, {
    path: ['faults'],
    error: 'at most half of the operators less one: 2 * faults + 1 operators are needed',
    when: sound,
  })

const split = z
  .strictObject({ protocolBps: bps, stakersBps: bps, modelBps: bps })
  .refine(({ protocolBps, stakersBps, modelBps }) => !(protocolBps + stakersBps + modelBps > WHOLE), {
    error: 'three parts of at most 10000 together: contributors get the rest',
  })

const emission = z.strictObject({
  /** What the first epochs emit at most, in wei; `decayBps` of it after `stepEpochs`, and so on. */
  initialBudget: amount,
  decayBps: bps,
  stepEpochs: whole(1, 2 ** 32 - 1),
  /** Seconds. */
  epochLength: whole(1, 366 * DAY),
  /** Unix seconds of the first emission epoch; null: one epoch after the deployment, when something has vested. */
  startTime: whole(0, 2 ** 40).nullable(),
  /** A datanet's emission stays below `floor` and this part of the fees that it brought; null: no cap. */
  feeCap: z.strictObject({ capBps: bps, floorPerDatanet: amount }).nullable(),
})

const positive = amount.refine(wei => wei !== 0n, { error: 'an amount above 0' })

const court = z
  .strictObject({
    /** What a challenger stakes, and whoever answers, in wei. */
    bond: positive,
    /** The least stake of an appeal's favoured side, in wei. */
    appealStake: positive,
    /** What one dispute can slash at most, in wei. */
    maxSlash: positive,
    /** What all disputes of one epoch can slash at most, in wei. */
    epochCap: positive,
    /** Seconds of such an epoch. */
    epochLength: whole(1, 366 * DAY),
    /** Seconds in which a dispute can be answered. */
    answerPeriod: whole(1, 366 * DAY),
    /** Seconds in which an appeal can be funded. */
    appealPeriod: whole(1, 366 * DAY),
    /** Seconds that a step of the arbitrator is waited for. */
    patience: whole(1, 366 * DAY),
    maxAppeals: whole(0, 255),
  })
  .refine(({ maxSlash, epochCap }) => !(maxSlash > epochCap), {
    path: ['epochCap'],
    error: 'at least what one dispute can slash',
    when: sound,
  })

const committee = z
  .strictObject({
    members: z.array(authority, 'a list of members').min(1, { error: 'at least one member' }).max(32, {
      error: 'at most 32 members',
    }),
    /** More than half, so that no two rulings can win. */
    votesNeeded: whole(1, 32),
    /** Seconds. */
    votingPeriod: whole(1, 366 * DAY),
  })
  .refine(({ members, votesNeeded }) => votesNeeded <= members.length && 2 * votesNeeded > members.length, {
    path: ['votesNeeded'],
    error: 'more than half of the members and at most all',
    when: sound,
  })

const fields = z.strictObject({
  format: z.literal('open-datanets/deploy-parameters', '"open-datanets/deploy-parameters"'),
  version: z.literal(2, '2'),
  genesis: z.strictObject(groups).refine(emissionsVestOnce, {
    error: 'exactly one vesting beneficiary that is the emissionController',
    when: sound,
  }),
  governance,
  roles,
  operators,
  /** Seconds in which a posted root can be challenged. */
  challengeWindow: whole(DAY, 30 * DAY),
  /** Seconds in which a demanded page has to be revealed. */
  responseWindow: whole(1, DAY / 3),
  /** Gets the protocol's part of the fees. */
  treasury: authority,
  split,
  emission,
  /** Seconds until a stake can leave. */
  staking: z.strictObject({ exitDelay: whole(DAY, 366 * DAY) }),
  /** Seconds until a recovery address takes an account's rules over. */
  recoveryDelay: whole(1, 366 * DAY),
  court,
  committee,
})

export type DeployParameters = z.output<typeof fields>

/** The file that says how the system is to be deployed. */
export const deployParametersSchema = fields
  .refine(({ operators, challengeWindow }) => !(operators?.exitDelay < challengeWindow + DAY), {
    path: ['operators', 'exitDelay'],
    error: 'at least a day more than the challenge window: a bond has to outlive every post made with it',
    when: present,
  })
  .refine(({ responseWindow, challengeWindow }) => !(responseWindow >= challengeWindow), {
    path: ['responseWindow'],
    error: 'less than the challenge window: a demand has to leave time for its answer',
    when: present,
  })
  .refine(({ court, committee }) => !(court.patience < committee.votingPeriod + DAY), {
    path: ['court', 'patience'],
    error: "at least the committee's voting period and a day: a ruling in time has to count",
    when: sound,
  })
  .refine(
    ({ roles, governance, challengeWindow }) => {
      return !(roles.guardian === 'timelock' && governanceDelay(governance) >= challengeWindow)
    },
    {
      path: ['roles', 'guardian'],
      error:
        'an address: votingDelay, votingPeriod and timelockDelay together take the challenge window and more, so that governance would come too late',
      when: sound,
    },
  )
  .refine(isPaidFor, {
    path: ['emission', 'initialBudget'],
    error: ({ input }) => curveAdvice(input as DeployParameters),
    when: sound,
  })

/** The same as JSON Schema 2020-12, for editors and readers that are not this code. */
export function parametersJsonSchema(): object {
  return z.toJSONSchema(deployParametersSchema, { io: 'input' })
}

/** @throws ProtocolError PARAMETERS_INVALID with every fault: name, got, expected. */
export function parseDeployParameters(value: unknown, path = 'the parameters'): DeployParameters {
  return checkJson(value, deployParametersSchema, path, 'PARAMETERS_INVALID')
}

/** @throws ProtocolError FILE_UNREADABLE, PARAMETERS_INVALID. */
export function readDeployParameters(path: string): Promise<DeployParameters> {
  return readJsonFile(path, deployParametersSchema, 'PARAMETERS_INVALID')
}

/** What one account gets of a group, in wei. */
export interface Allotment {
  readonly account: Holder
  readonly vested: bigint
  readonly liquid: bigint
}

export interface Allocation {
  readonly name: keyof typeof GENESIS_GROUPS
  /** The name as the contract stores it. */
  readonly label: string
  readonly bps: number
  readonly start: number
  readonly duration: number
  /** Wei of the whole group: exactly the sum of its allotments. */
  readonly amount: bigint
  readonly allotments: readonly Allotment[]
}

/** The genesis to the wei: what shares leave over goes to the last beneficiary of a group. */
export function allocationsOf({ genesis }: DeployParameters): Allocation[] {
  return Object.keys(GENESIS_GROUPS).map(key => {
    const name = key as keyof typeof GENESIS_GROUPS
    const { bps, start, duration, float, floatTo, beneficiaries } = genesis[name]
    const amount = (SUPPLY * BigInt(bps)) / BigInt(WHOLE)
    const liquid = duration === 0 ? amount : float
    const vested = shared(amount - liquid, beneficiaries)
    const floats =
      floatTo === null || duration === 0 ? shared(liquid, beneficiaries) : beneficiaries.map(() => 0n)
    const allotments: Allotment[] = beneficiaries.map(({ account }, i) => {
      return { account, vested: vested[i] as bigint, liquid: floats[i] as bigint }
    })
    if (floatTo !== null && liquid > 0n && duration > 0)
      allotments.push({ account: floatTo, vested: 0n, liquid })
    return { name, label: encodeBytes32String(name), bps, start, duration, amount, allotments }
  })
}

function shared(amount: bigint, beneficiaries: readonly { shareBps: number }[]): bigint[] {
  const parts = beneficiaries.map(({ shareBps }) => (amount * BigInt(shareBps)) / BigInt(WHOLE))
  const last = parts.length - 1
  parts[last] = amount - parts.slice(0, last).reduce((sum, part) => sum + part, 0n)
  return parts
}

/** Seconds from a proposal until governance has done what it asks for, at least. */
export function governanceDelay({
  votingDelay,
  votingPeriod,
  timelockDelay,
}: DeployParameters['governance']): number {
  return votingDelay + votingPeriod + timelockDelay
}

/** Everything that a curve will ever emit, in wei, rounding aside; undefined: it never ends. */
export function curveTotal({
  initialBudget,
  decayBps,
  stepEpochs,
}: DeployParameters['emission']): bigint | undefined {
  if (initialBudget === 0n) return 0n
  if (decayBps === WHOLE) return undefined
  return (initialBudget * BigInt(stepEpochs) * BigInt(WHOLE)) / BigInt(WHOLE - decayBps)
}

// A curve that promises more than there is ends early; one that promises far less leaves the rest locked for ever.
function isPaidFor(parameters: DeployParameters): boolean {
  const { vested } = emissionsOf(parameters)
  const total = curveTotal(parameters.emission)
  return total !== undefined && total <= vested && 2n * total >= vested
}

function curveAdvice(parameters: DeployParameters): string {
  const total = curveTotal(parameters.emission)
  const got = total === undefined ? 'without end' : `${total} wei`
  const { vested } = emissionsOf(parameters)
  return `a curve that emits at least half and at most all of the ${vested} wei that vest for it: this one emits ${got}`
}

// The controller is the beneficiary of exactly one vesting group.
function emissionsOf(parameters: DeployParameters): Allotment {
  const allotments = allocationsOf(parameters).flatMap(({ allotments: list }) => list)
  return allotments.find(
    ({ account, vested }) => account === 'emissionController' && vested > 0n,
  ) as Allotment
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}
