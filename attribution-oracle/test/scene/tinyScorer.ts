import type { ScoreInput, ScoreResult } from '../../src/domain'

/**
 * A scorer without a neural network, for tests of everything around it: value is the share of a file's words that the
 * evaluation uses, usage the number of output tokens that are bytes of the file. It depends on all that it is given.
 */
export async function tinyScorer(input: ScoreInput): Promise<ScoreResult> {
  const words = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString().split(/\W+/)
  const wanted = new Set(input.evaluation.flatMap(({ bytes }) => words(bytes)))
  const bytesOf = new Map(input.files.map(({ id, bytes }) => [id, bytes]))
  const idsOf = (modelId: number): bigint[] => {
    const links = input.models.find(model => model.modelId === modelId)?.links ?? []
    return [...new Set(links.flatMap(link => [...link.contributionIds]))]
  }
  const value = new Map(
    (input.referenceModelId === undefined ? [] : idsOf(input.referenceModelId)).map(id => {
      const own = words(bytesOf.get(id)!)
      return [id, own.filter(word => wanted.has(word)).length / own.length - 0.01]
    }),
  )
  const usage = new Map<number, Map<bigint, number>>()
  for (const { modelId, outputTokens, amount } of input.outputs) {
    const shares = usage.get(modelId) ?? new Map<bigint, number>()
    for (const id of idsOf(modelId)) {
      const hits = outputTokens.filter(token => bytesOf.get(id)!.includes(token)).length
      shares.set(id, (shares.get(id) ?? 0) + hits * Number(amount))
    }
    usage.set(modelId, shares)
  }
  const checkpoints = input.models.flatMap(model =>
    model.links.flatMap(link => link.checkpoints.map(each => each.digest)),
  )
  const engine = { onnxruntime: 'none', optimization: 'none', provider: 'test' }
  return {
    value,
    estimates: new Map(),
    usage,
    noise: new Map(),
    receipt: { engine, seed: input.settings.seed, checkpoints },
  }
}
