import { env, InferenceSession } from 'onnxruntime-node'
import { OnnxEngineError } from '../errors'
import { checkProviders, missing, nameOf, refusal, type ProviderChoice } from './providers'
import { ortOptions, type SessionOptions } from './sessionOptions'

export interface OpenSession {
  readonly session: InferenceSession
  readonly providers: ProviderChoice
}

/**
 * Opens a session on the first provider that takes the model.
 * @param model the file's bytes, or its path: then external data are found beside it
 * @throws OnnxEngineError SESSION_FAILED when the CPU, tried last, refuses the model; PROVIDER_UNAVAILABLE with every
 *   reason when the CPU was not asked for; INVALID_ARGUMENT
 */
export async function createSession(
  model: Uint8Array | string,
  options: SessionOptions,
): Promise<OpenSession> {
  const { providers = ['cpu'] } = options
  checkProviders(providers)
  // Counts only before the process's first session: a refused provider would write to stderr what we report.
  if (providers.some(provider => nameOf(provider) !== 'cpu')) env.logLevel = 'fatal'
  const refused: { provider: ProviderChoice['used']; reason: string }[] = []
  for (const provider of providers) {
    const name = nameOf(provider)
    const reason = missing(name)
    if (reason !== undefined) {
      refused.push({ provider: name, reason })
      continue
    }
    try {
      // Overloaded on the type of its argument.
      const session = await InferenceSession.create(model as string, ortOptions(options, provider))
      return { session, providers: { used: name, refused } }
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause)
      // Whatever the CPU refuses is the model's fault.
      if (name === 'cpu')
        throw new OnnxEngineError('SESSION_FAILED', { stage: 'create', reason: said }, { cause })
      refused.push({ provider: name, reason: refusal(name, cause) })
    }
  }
  throw new OnnxEngineError('PROVIDER_UNAVAILABLE', { refused })
}
