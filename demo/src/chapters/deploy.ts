import path from 'node:path'
import type { HDNodeWallet } from 'ethers'
import { createDatanet } from '../../../scripts/createDatanet'
import { readDeployParameters } from '../../../scripts/deployParameters'
import { writeDeployment } from '../../../scripts/deploymentRecord'
import { deploySystem } from '../../../scripts/deploySystem'
import type { System } from '../../../scripts/system'
import { OPEN, type Stage, type World } from '../world'

const PARAMETERS = path.join(__dirname, '../../../deployments/parameters.local.json')
const SPENDING_MONEY = 50_000n * OPEN

export interface DeploySettings {
  /** name of the deployment record */
  network: string
  operators: readonly HDNodeWallet[]
  /** so many of them may be faulty: a post needs one word more */
  faults: number
  /** seconds; that of the parameter file by default */
  challengeWindow?: number
}

/** Deploys the protocol as the deploy task does, bonds the operators and creates the Datanet. */
export async function deploy(world: World, settings: DeploySettings): Promise<Stage> {
  const { roles, terminal, gas } = world
  const { network, faults } = settings
  const read = await readDeployParameters(PARAMETERS)
  const { challengeWindow = read.challengeWindow } = settings
  const parameters = { ...read, challengeWindow }
  const progress = terminal.progress('deploying')
  const accounts = settings.operators.map(({ address }) => address)
  const authorities = { guardian: roles.guardian.address, epochManager: roles.epochManager.address }
  const system = await deploySystem(
    roles.owner,
    { ...parameters, roles: authorities, operators: { ...parameters.operators, accounts, faults } },
    {
      network,
      onProgress: ({ phase, done, total, step }) => progress.update(done, total, `${phase}: ${step}`),
    },
  )
  progress.stop()
  const record = await writeDeployment(network, system.record)
  await bondOperators(world, system, settings.operators)

  const { datanetId } = await createDatanet(system.datanetRegistry, { name: 'Solidity code' })
  await gas.mined(
    'open the Datanet to the builder',
    system.datanetRegistry.setBuilder(datanetId, roles.builder.address, true),
  )
  terminal.fact(
    `${Object.keys(system.record.contracts).length} contracts, recorded in ${path.relative(process.cwd(), record)}`,
  )
  terminal.fact(
    `Datanet ${datanetId} "Solidity code"; the deployer gave every right to governance, a guardian and an epoch manager`,
  )
  return { system, record, datanetId }
}

async function bondOperators(
  { roles, gas }: World,
  { token, operatorSet, parameters }: System,
  operators: readonly HDNodeWallet[],
): Promise<void> {
  const bond = parameters.operators.minimumBond
  for (const operator of operators) {
    await gas.mined('hand out OPEN', token.transfer(operator, bond))
    await gas.mined('approve a bond', token.connect(operator).approve(operatorSet, bond))
    await gas.mined('bond an operator', operatorSet.connect(operator).bond(bond))
  }
  for (const payer of roles.payers) await gas.mined('hand out OPEN', token.transfer(payer, SPENDING_MONEY))
}
