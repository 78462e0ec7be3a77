import { z } from 'zod'

import { checkJson, readJsonFile } from './jsonFile'
import { address, amount, whole } from './schemaFaults'

const DAY = 86_400
const bps = whole(0, 10_000)
const orDeployer = address.nullable()

const split = z
  .strictObject({ protocolBps: bps, stakersBps: bps, modelBps: bps })
  .refine(({ protocolBps, stakersBps, modelBps }) => protocolBps + stakersBps + modelBps <= 10_000, {
    error: 'three parts of at most 10000 together: contributors get the rest',
  })

const emission = z.strictObject({
  /** What each emission epoch pays into the datanets' pools, in wei. */
  amountPerEpoch: amount,
  /** Seconds. */
  epochLength: whole(1, 366 * DAY),
  /** Unix seconds of the first emission epoch; null: the time of the deployment. */
  startTime: whole(0, 2 ** 40).nullable(),
  /** What the controller is given at deployment to pay from, in wei; only when the deployer is the holder. */
  budget: amount,
})

/** The file that says how the system is to be deployed. Addresses that are null mean the deployer. */
export const deployParametersSchema = z
  .strictObject({
    format: z.literal('open-datanets/deploy-parameters', '"open-datanets/deploy-parameters"'),
    version: z.literal(1, '1'),
    /** Gets the whole supply. */
    holder: orDeployer,
    /** Holds every onlyOwner right once the deployment is done. */
    owner: orDeployer,
    /** Gets the protocol's part of the fees. */
    treasury: orDeployer,
    /** Accounts that may post roots once they are bonded. */
    operators: z.array(address, 'a list of addresses'),
    minimumBond: amount,
    /** Seconds. */
    exitDelay: whole(0, 366 * DAY),
    /** Seconds. */
    challengeWindow: whole(1, 366 * DAY),
    split,
    emission,
  })
  .refine(({ exitDelay, challengeWindow }) => !(exitDelay < challengeWindow), {
    path: ['exitDelay'],
    error: 'at least the challenge window: a bond has to outlive every post made with it',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })

export type DeployParameters = z.output<typeof deployParametersSchema>

/** @throws ProtocolError PARAMETERS_INVALID with every fault: name, got, expected. */
export function parseDeployParameters(value: unknown, path = 'the parameters'): DeployParameters {
  return checkJson(value, deployParametersSchema, path, 'PARAMETERS_INVALID')
}

/** @throws ProtocolError FILE_UNREADABLE, PARAMETERS_INVALID. */
export function readDeployParameters(path: string): Promise<DeployParameters> {
  return readJsonFile(path, deployParametersSchema, 'PARAMETERS_INVALID')
}
