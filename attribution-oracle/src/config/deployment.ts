import { z } from 'zod'
import type { SettingName } from './settings'

const contract = z.object({ address: z.string() })

/** The part of a deployment record (deployments/<network>/system.json) that the oracle needs. */
const deploymentRecord = z.object({
  format: z.literal('open-datanets/deployment'),
  version: z.literal(2),
  chainId: z.number(),
  blockNumber: z.number(),
  plannedAt: z.number().optional(),
  contracts: z.object({
    datanetRegistry: contract,
    modelRegistry: contract,
    inferencePayments: contract,
    rewardEscrow: contract,
    rewardVault: contract,
    attributionOracle: contract,
    operatorSet: contract,
    fraudProofs: contract,
    settlementProofs: contract,
    pageDemands: contract,
  }),
})

/** What a deployment record says. */
export interface DeploymentFacts {
  chainId: number
  blockNumber: number
  /** unix seconds; the first contract was created soon after */
  plannedAt: number | undefined
  /** address by name */
  contracts: Readonly<Record<keyof z.infer<typeof deploymentRecord>['contracts'], string>>
}

/** @returns undefined when the text is no deployment record */
export function readRecord(text: string): DeploymentFacts | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = deploymentRecord.safeParse(json)
  if (!parsed.success) return undefined
  const { chainId, blockNumber, plannedAt, contracts } = parsed.data
  const addresses = Object.entries(contracts).map(([name, { address }]) => [name, address])
  return { chainId, blockNumber, plannedAt, contracts: Object.fromEntries(addresses) }
}

/** The settings that a deployment record stands for; undefined when the text is no such record. */
export function deploymentSettings(text: string): Partial<Record<SettingName, unknown>> | undefined {
  const record = readRecord(text)
  return record && { chainId: record.chainId, startBlock: record.blockNumber, ...record.contracts }
}
