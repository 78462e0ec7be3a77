import type { Oracle } from '../compose'
import type { Post } from '../domain'

/** What a command would have sent, had it been allowed to. */
export interface Planned {
  action: string
  contract: string
  epoch: number
  [detail: string]: unknown
}

/** Why nothing is sent, and what would be; nothing of it where transactions are sent. */
export function dryRun(
  { config, operating }: Pick<Oracle, 'config' | 'operating'>,
  planned: readonly Planned[],
): Record<string, unknown> {
  if (operating.poster) return {}
  const { operatorKey, keystore, signerUrl } = config
  const hasKey = [operatorKey, keystore, signerUrl].some(each => each !== undefined)
  const dryRun = hasKey ? 'nothing was sent: --confirm is missing' : 'nothing was sent: no key is configured'
  return { dryRun, wouldSend: planned }
}

export function plannedPost({ config }: Pick<Oracle, 'config'>, post: Post): Planned {
  const { epoch, ledgerRoot, total, dataDigest } = post
  return { action: 'post', contract: config.attributionOracle, epoch, ledgerRoot, total, dataDigest }
}

export function plannedFinalize({ config }: Pick<Oracle, 'config'>, { epoch, ledgerRoot }: Post): Planned {
  return { action: 'finalize', contract: config.attributionOracle, epoch, ledgerRoot }
}
