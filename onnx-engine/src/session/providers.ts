import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listSupportedBackends, type InferenceSession } from 'onnxruntime-node'
import { OnnxEngineError } from '../errors'

export type ProviderName = 'cpu' | 'cuda' | 'webgpu'

/** Where a session computes. */
export type Provider = ProviderName | { readonly name: 'cuda'; readonly deviceId: number }

/** What a session computes with, and why with nothing that was asked for before it. */
export interface ProviderChoice {
  readonly used: ProviderName
  readonly refused: readonly { readonly provider: ProviderName; readonly reason: string }[]
}

const NAMES: readonly string[] = ['cpu', 'cuda', 'webgpu'] satisfies ProviderName[]

export const nameOf = (provider: Provider): ProviderName =>
  typeof provider === 'string' ? provider : provider.name

/** Throws INVALID_ARGUMENT on an empty list and on a name that is none. */
export function checkProviders(providers: readonly Provider[]): void {
  const unknown = providers.find(provider => !NAMES.includes(nameOf(provider)))
  if (providers.length > 0 && unknown === undefined) return
  throw new OnnxEngineError('INVALID_ARGUMENT', {
    what: 'execution providers',
    got: unknown === undefined ? 'none' : JSON.stringify(unknown),
    expected: `some of ${NAMES.join(', ')}, in order of preference`,
  })
}

/**
 * One provider as ONNX Runtime wants it. Its Node binding takes no other CUDA option than the device: TF32 is turned off
 * by the environment, NVIDIA_TF32_OVERRIDE=0.
 */
export const toOrtProvider = (provider: Provider): InferenceSession.ExecutionProviderConfig =>
  nameOf(provider) === 'cuda' ? { deviceId: 0, ...(provider as object), name: 'cuda' } : nameOf(provider)

const HOW: Readonly<Record<ProviderName, string>> = {
  cpu: '',
  cuda:
    'it needs Linux on x64, an NVIDIA driver, CUDA 12, cuDNN 9, and the library that ' +
    '`node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12` downloads',
  webgpu:
    'it needs a GPU that WebGPU supports, and on Linux the Vulkan loader (libvulkan.so.1) with a driver',
}

/** Why ONNX Runtime did not take a provider, and what to install. */
export function refusal(provider: ProviderName, error: unknown): string {
  const said = (error instanceof Error ? error.message : String(error)).trim()
  // Native messages begin with the place in their source.
  const reason = said.replace(/^\/\S+:\d+ .*?\)(?:::<lambda\(\)>)? (?=\S)/s, '')
  return HOW[provider] ? `${reason}; ${HOW[provider]}` : reason
}

/** What is known to be missing without asking ONNX Runtime, which would write to stderr. Undefined: nothing. */
export function missing(provider: ProviderName): string | undefined {
  const { platform, arch } = process
  if (!listSupportedBackends().some(({ name }) => name === provider))
    return `onnxruntime-node for ${platform} on ${arch} has none; ${HOW[provider]}`
  if (provider !== 'cuda') return undefined
  const folder = join(dirname(require.resolve('onnxruntime-node')), '../bin/napi-v6', platform, arch)
  const installed = ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll']
  if (!existsSync(folder) || installed.some(file => existsSync(join(folder, file)))) return undefined
  return `its library is not installed; ${HOW.cuda}`
}

/** One line for a user: what is used, and why nothing that was preferred to it. */
export function describeProviders({ used, refused }: ProviderChoice): string {
  const reasons = refused.map(({ provider, reason }) => `${provider} was refused: ${reason}`)
  return [`runs on ${used}`, ...reasons].join('; ')
}
