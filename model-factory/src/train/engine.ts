import { runtimeVersion, type Model } from '@open-datanets/onnx-engine'

/** What the bits of a model's outputs depend on besides the model. */
export const engineOf = ({ opset }: Model): { onnxruntime: string; opset: number } => ({
  onnxruntime: runtimeVersion,
  opset,
})
