import {
  EPOCH_CONFIG_FORMAT,
  EVALUATION_FORMAT,
  epochConfig,
  evaluationManifest,
  parseDocument,
  type ContentStore,
  type EpochConfig,
  type EpochInputs,
} from '../domain'
import { AttributionOracleError } from '../errors'
import { drawEvaluation } from '../scoring'

/** The frozen rules of an epoch. @throws INVALID_DOCUMENT also where they are another epoch's */
export async function readConfig(content: ContentStore, inputs: EpochInputs): Promise<EpochConfig> {
  const config = parseDocument(epochConfig, EPOCH_CONFIG_FORMAT, await content.get(inputs.configDigest))
  if (config.epoch === inputs.epoch) return config
  const [got, expected] = [`epoch ${config.epoch}`, `epoch ${inputs.epoch}`]
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: 'The configuration on chain is for another epoch', got, expected },
    { format: EPOCH_CONFIG_FORMAT, issues: [`epoch: ${got}`] },
  )
}

/** The held-out items that the closing block draws for an epoch. */
export async function readEvaluation(
  content: ContentStore,
  { evaluation, evaluationShare }: EpochConfig,
  blockHash: string,
): Promise<{ name: string; bytes: Uint8Array }[]> {
  const manifest = parseDocument(evaluationManifest, EVALUATION_FORMAT, await content.get(evaluation))
  const drawn = drawEvaluation(manifest.items, Number(evaluationShare ?? '1'), blockHash)
  return Promise.all(drawn.map(async item => ({ name: item.name, bytes: await content.get(item.digest) })))
}
