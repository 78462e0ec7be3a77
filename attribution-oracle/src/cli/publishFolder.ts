import { makeFolder } from '@open-datanets/content-store'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Config } from '../config'
import { diskFault } from '../errors'

/** Before an epoch is computed: where it is published has to take it. @throws DISK_FAILED */
export async function expectPublishFolder({ publishFolder }: Pick<Config, 'publishFolder'>): Promise<void> {
  try {
    await makeFolder(publishFolder)
    await access(publishFolder, constants.W_OK)
  } catch (cause) {
    throw diskFault(publishFolder, cause)
  }
}
