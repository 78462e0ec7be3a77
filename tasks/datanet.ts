import { openContentStore } from '@open-datanets/content-store'
import { task, types } from 'hardhat/config'

import { contribute, type ContributeOptions } from '../scripts/contribute'
import { createDatanet, POLICIES, type CreateDatanetOptions } from '../scripts/createDatanet'
import { action } from './action'
import { systemOfTask, type ConnectionArguments } from './connection'
import { connected } from './options'

interface CreateArguments extends ConnectionArguments, CreateDatanetOptions {
  readonly json: boolean
}

connected(task('datanet:create', 'Creates a datanet that the signer owns'))
  .addParam('name', 'Its name, 1 to 64 bytes')
  .addOptionalParam('policy', `Who may contribute: ${POLICIES.join(' or ')}`, 'open', types.string)
  .addOptionalParam('metadataDigest', 'SHA-256 of a document that describes it', undefined, types.string)
  .setAction(
    action<CreateArguments>(async (args, hre) => {
      const { datanetRegistry } = await systemOfTask(hre, args)
      const created = await createDatanet(datanetRegistry, args)
      return { text: `Created datanet ${created.datanetId}, owned by ${created.owner}`, json: created }
    }),
  )

interface ContributeArguments extends ConnectionArguments, Omit<ContributeOptions, 'datanetId' | 'content'> {
  readonly datanet: number
  readonly content: string
  readonly json: boolean
}

connected(task('datanet:contribute', 'Commits files and folders to a datanet'))
  .addParam('datanet', 'Id of the datanet', undefined, types.int)
  .addOptionalParam('content', 'Folder of the content store', '.open-datanets/content', types.string)
  .addOptionalParam('extension', 'Ending of the files that are taken from folders', '.sol', types.string)
  .addOptionalParam(
    'saltSeed',
    'Secret that makes the salts repeatable (default: random salts)',
    undefined,
    types.string,
  )
  .addOptionalParam('maxItemBytes', 'Greatest size of one item', undefined, types.int)
  .addOptionalParam('batchSize', 'Items per transaction', undefined, types.int)
  .addVariadicPositionalParam('paths', 'Files and folders')
  .setAction(
    action<ContributeArguments>(async ({ datanet, content, ...args }, hre) => {
      const { datanetRegistry } = await systemOfTask(hre, args)
      const done = await contribute(datanetRegistry, {
        ...args,
        datanetId: datanet,
        content: openContentStore(content),
      })
      const lines = done.batches.map(({ batchId, items, firstContributionId: first }) => {
        return `  batch ${batchId}: contributions ${first} to ${first + BigInt(items.length) - 1n}`
      })
      const text = `Committed as contributor ${done.contributorIndex} (${done.contributor}):\n${lines.join('\n')}`
      return { text, json: done }
    }),
  )
