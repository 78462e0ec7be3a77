import { openContentStore } from '@open-datanets/content-store'
import { task, types } from 'hardhat/config'

import { contribute, prepareBatches, type ContributeOptions } from '../scripts/contribute'
import { createArguments, createDatanet, POLICIES, type CreateDatanetOptions } from '../scripts/createDatanet'
import type { ProtocolCall } from '../scripts/protocolCall'
import { readSourceFiles } from '../scripts/sourceFiles'
import { action } from './action'
import { builds } from './builds'
import { systemOfTask } from './connection'
import { sending } from './options'
import { isDirect, perform, type SendingArguments } from './sending'

type CreateArguments = SendingArguments & CreateDatanetOptions

sending(task('datanet:create', 'Creates a datanet that the signer owns'))
  .addParam('name', 'Its name, 1 to 64 bytes')
  .addOptionalParam('policy', `Who may contribute: ${POLICIES.join(' or ')}`, 'open', types.string)
  .addOptionalParam('metadataDigest', 'SHA-256 of a document that describes it', undefined, types.string)
  .setAction(
    action<CreateArguments>(async (args, hre) => {
      if (!isDirect(args)) {
        return perform(hre, 'datanet:create', args, async ({ system }) => [
          builds().calls.systemCall(
            system,
            `datanet "${args.name}"`,
            'datanetRegistry',
            'createDatanet',
            createArguments(args),
          ),
        ])
      }
      const { datanetRegistry } = await systemOfTask(hre, args)
      const created = await createDatanet(datanetRegistry, args)
      return { text: `Created datanet ${created.datanetId}, owned by ${created.owner}`, json: created }
    }),
  )

interface ContributeArguments extends SendingArguments, Omit<ContributeOptions, 'datanetId' | 'content'> {
  readonly datanet: number
  readonly content: string
}

sending(task('datanet:contribute', 'Commits files and folders to a datanet'))
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
      if (!isDirect(args)) {
        return perform(hre, 'datanet:contribute', args, async ({ system, sender }) => {
          const { extension, paths } = args
          const files = await readSourceFiles(paths, extension === undefined ? {} : { extension })
          const store = openContentStore(content)
          const options = { ...args, datanetId: datanet, content: store }
          const calls: ProtocolCall[] = []
          for await (const batch of prepareBatches(system.datanetRegistry, sender, files, options)) {
            const { datanetId, itemsRoot, items, manifestDigest } = batch
            const values = [datanetId, itemsRoot, items.length, manifestDigest]
            const title = `batch of ${items.length} items`
            calls.push(builds().calls.systemCall(system, title, 'datanetRegistry', 'commitBatch', values))
          }
          return calls
        })
      }
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
