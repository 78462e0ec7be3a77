import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Inspector, type Addresses, type EndpointFacts } from '../../chain'
import { readRecord, type DeploymentFacts } from '../../config'
import { AttributionOracleError } from '../../errors'
import { wrongArgument } from '../arguments'

/** A deployment record, and what the chain behind it says. */
export interface FoundDeployment {
  path: string
  record: DeploymentFacts
  rpcUrl: string
  facts: EndpointFacts
  /** seconds between the plan and the block that has the first contract */
  delay: number
}

/** Deployments of earlier local chains have the same addresses; their plan and this chain's block are days apart. */
const SAME_SECONDS = 60

/** Where a local node listens when nobody says otherwise. */
const LOCAL_RPC = 'http://127.0.0.1:8545'
export const LOCAL_CHAINS: readonly number[] = [31_337, 1_337]
const TIMEOUT_MS = 5_000
/** The records of this repository, and those of the folder that the command is run in. */
const FOLDERS = [resolve('deployments'), join(__dirname, '../../../../deployments')]

/**
 * Finds the deployment to work for: the one that is named, or the one whose contracts stand on the chain behind the RPC.
 * @throws INVALID_ARGUMENT when none or several are left, RPC_FAILED
 */
export async function findDeployment(
  named: string | undefined,
  rpc: string | undefined,
): Promise<FoundDeployment> {
  const paths = named === undefined ? await recordsIn(FOLDERS) : [pathOf(named)]
  const records = await Promise.all(paths.map(async path => ({ path, record: await read(path) })))
  const known = records.filter((each): each is { path: string; record: DeploymentFacts } => !!each.record)
  if (known.length === 0) throw none(named)
  const standing: FoundDeployment[] = []
  const refused: string[] = []
  for (const each of known) {
    const found = await standsOn(each, rpc).catch((error: unknown) => {
      if (!(error instanceof AttributionOracleError)) throw error
      return error.message.split('\n').slice(0, 2).join(' ').replace(/\s+/g, ' ')
    })
    if (typeof found === 'string') refused.push(`${networkOf(each.path)}: ${found}`)
    else standing.push(found)
  }
  if (standing.length === 0) throw notRunning(refused)
  const least = Math.min(...standing.map(({ delay }) => delay))
  const near = standing.filter(({ delay }) => delay <= least + SAME_SECONDS)
  return near.length === 1 ? near[0]! : choose(near)
}

export const networkOf = (path: string): string => basename(dirname(path))

function pathOf(named: string): string {
  const candidates = [named, ...FOLDERS.map(folder => join(folder, named, 'system.json'))]
  const path = candidates.find(each => each.endsWith('.json') && existsSync(each))
  if (path !== undefined) return resolve(path)
  throw wrongArgument('deployment', named, `a network of ${FOLDERS[0]}, or the path of a system.json`)
}

async function recordsIn(folders: readonly string[]): Promise<string[]> {
  const lists = folders.map(async folder => {
    const names = await readdir(folder).catch(() => [])
    return names.map(name => join(folder, name, 'system.json')).filter(path => existsSync(path))
  })
  return [...new Set((await Promise.all(lists)).flat())].sort()
}

async function read(path: string): Promise<DeploymentFacts | undefined> {
  return readRecord(await readFile(path, 'utf8'))
}

/** @throws RPC_FAILED, WRONG_CHAIN; INVALID_ARGUMENT when there is no URL to ask */
async function standsOn(
  { path, record }: { path: string; record: DeploymentFacts },
  rpc: string | undefined,
): Promise<FoundDeployment> {
  const rpcUrl = rpc ?? (LOCAL_CHAINS.includes(record.chainId) ? LOCAL_RPC : undefined)
  if (rpcUrl === undefined)
    throw wrongArgument('rpc-url', 'nothing', `an endpoint of chain ${record.chainId}`)
  const inspector = new Inspector(rpcUrl, TIMEOUT_MS)
  try {
    const facts = await inspector.endpoint()
    if (facts.chainId !== record.chainId) throw otherChain(facts.chainId, record.chainId)
    const [missing] = await inspector.withoutCode(record.contracts as Addresses)
    if (missing !== undefined) throw otherChain(`no code at the ${missing}`, 'the contracts of the record')
    const created = await inspector.timeOf(record.blockNumber)
    return { path, record, rpcUrl, facts, delay: Math.abs(created - (record.plannedAt ?? created)) }
  } finally {
    inspector.close()
  }
}

async function choose(standing: readonly FoundDeployment[]): Promise<FoundDeployment> {
  const names = standing.map(({ path }) => networkOf(path))
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw wrongArgument(
      'deployment',
      `several: ${names.join(', ')}`,
      'one of them',
      'say --deployment <network>',
    )
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`Which deployment? ${names.join(', ')}: `)
    const chosen = standing[names.indexOf(answer.trim())]
    if (chosen) return chosen
    throw wrongArgument('deployment', answer, names.join(', '))
  } finally {
    asking.close()
  }
}

function otherChain(got: string | number, expected: string | number): AttributionOracleError {
  const [is, should] = [String(got), String(expected)]
  return new AttributionOracleError(
    'WRONG_CHAIN',
    { what: 'The endpoint serves another chain than the record is of', got: is, expected: should },
    { got: is, expected: should },
  )
}

function none(named: string | undefined): AttributionOracleError {
  const got = named === undefined ? `no record in ${FOLDERS.join(' or ')}` : `${named}, which is no record`
  const fix =
    'deploy ("npx hardhat protocol:deploy"), start a local chain ("npm run node:seeded"), or say --deployment'
  return wrongArgument('deployment', got, 'a deployment record (system.json)', fix)
}

function notRunning(refused: readonly string[]): AttributionOracleError {
  const fix = 'start the chain (a local one: "npm run node:seeded"), or say --rpc-url and --deployment'
  return wrongArgument('deployment', refused.join('; '), 'a record whose contracts stand on the chain', fix)
}
