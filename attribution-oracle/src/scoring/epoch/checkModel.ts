import { Tokenizer, decodeModel, featureGraph } from '@open-datanets/onnx-engine'

/** See CheckModel of the domain. Whatever a decoder throws at a stranger's bytes, they are no model. */
export function checkModel(tokenizer: string, graph: Uint8Array): boolean {
  try {
    Tokenizer.fromJson(tokenizer)
    // a graph that cannot be differentiated is of no more use than one that cannot be decoded
    featureGraph(decodeModel(graph), { projection: 1, seed: '', labels: 'targets' })
    return true
  } catch {
    return false
  }
}
