import { task, types } from 'hardhat/config'

import { readDeployParameters } from '../scripts/deployParameters'
import { refuseSecondDeployment, writeDeployment } from '../scripts/deploymentRecord'
import { action } from './action'
import { loadDeployment } from './builds'
import { signerOfTask, type ConnectionArguments } from './connection'
import { connected } from './options'

interface DeployArguments extends ConnectionArguments {
  readonly parameters: string
  readonly replace: boolean
  readonly json: boolean
}

connected(
  task('protocol:deploy', 'Deploys the whole system and records it in deployments/<network>/system.json'),
)
  .addParam('parameters', 'JSON file like deployments/parameters.example.json', undefined, types.string)
  .addFlag('replace', 'Deploy anew although the record names a system that stands on this chain')
  .setAction(
    action<DeployArguments>(async ({ parameters: path, replace, from, records: folder }, hre) => {
      const parameters = await readDeployParameters(path)
      const deployer = await signerOfTask(hre, from)
      const network = hre.network.name
      const options = folder === undefined ? {} : { folder }
      if (!replace) await refuseSecondDeployment(network, hre.ethers.provider, options)
      const { deploySystem } = await loadDeployment(hre)
      const { record } = await deploySystem(deployer, parameters, {
        network,
        onProgress: ({ phase, step, done, total }) => {
          process.stderr.write(`${phase} ${done}/${total}: ${step}\n`)
        },
      })
      const file = await writeDeployment(network, record, options)
      const contracts = Object.entries(record.contracts).map(([name, { address }]) => `  ${name} ${address}`)
      return {
        text: `Deployed on chain ${record.chainId}, recorded in ${file}:\n${contracts.join('\n')}`,
        json: { file, record },
      }
    }),
  )
