import { removeAbandoned } from '@open-datanets/content-store'
import type { Config } from '../config'
import type { Log } from './log'

type Written = Pick<Config, 'contentFolder' | 'contentStores' | 'publishFolder'>

/**
 * Removes, beside everything else that starts, what killed processes left half written where this one writes. One line
 * says how many files it were; a folder that cannot be looked at stops nothing.
 */
export async function collectAbandoned(
  { contentFolder, publishFolder, contentStores = [] }: Partial<Written>,
  { info }: Pick<Log, 'info'>,
  signal: AbortSignal,
): Promise<void> {
  const places = [contentFolder, publishFolder, ...contentStores]
  const folders = new Set(places.filter(each => each !== undefined && !each.includes('://')) as string[])
  let removed = 0
  for (const folder of folders) {
    removed += await removeAbandoned(folder, { signal }).catch((error: NodeJS.ErrnoException) => {
      info(`${folder} was not looked through for files of killed processes (${error.code})`)
      return 0
    })
  }
  if (removed > 0) info(`${removed} half written files of killed processes were removed`)
}
