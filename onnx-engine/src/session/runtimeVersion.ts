import { env } from 'onnxruntime-node'

/** The version of ONNX Runtime behind every session: what a result's bits depend on. */
export const runtimeVersion: string = env.versions.node ?? env.versions.common
