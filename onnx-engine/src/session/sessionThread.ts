import { parentPort, workerData } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import { OnnxEngineError } from '../errors'
import { createSession } from './createSession'
import { fromOrtOutputs, toOrtFeeds } from './feeds'
import type { ThreadReply, ThreadRequest, ThreadSetup } from './threadProtocol'

const port = parentPort
const { model, options } = workerData.setup as ThreadSetup

function reply(message: ThreadReply): void {
  const buffers =
    message.kind === 'outputs' ? Object.values(message.outputs).map(tensor => tensor.data.buffer) : []
  port?.postMessage(message, buffers as ArrayBuffer[])
}

function reasonOf(error: unknown): string {
  if (error instanceof OnnxEngineError && error.code === 'SESSION_FAILED')
    return (error as OnnxEngineError<'SESSION_FAILED'>).data.reason
  return error instanceof Error ? error.message : String(error)
}

async function answer(session: InferenceSession, request: ThreadRequest): Promise<void> {
  if (request.kind === 'close') {
    await session.release()
    port?.close()
    return
  }
  try {
    const results = await session.run(toOrtFeeds(request.feeds), [
      ...(request.fetches ?? session.outputNames),
    ])
    reply({ kind: 'outputs', outputs: fromOrtOutputs(results) })
  } catch (error) {
    reply({ kind: 'failed', reason: reasonOf(error) })
  }
}

createSession(model, options).then(
  ({ session, providers }) => {
    // In order of arrival: a request to close must not overtake the run before it.
    let previous = Promise.resolve()
    port?.on('message', (request: ThreadRequest) => {
      previous = previous.then(() => answer(session, request))
    })
    // A detached buffer is noticed only on arrival.
    port?.on('messageerror', (error: Error) =>
      reply({ kind: 'failed', reason: `unreadable feeds: ${error.message}` }),
    )
    reply({ kind: 'ready', providers })
  },
  (error: unknown) => {
    if (error instanceof OnnxEngineError && error.code === 'PROVIDER_UNAVAILABLE')
      reply({ kind: 'unavailable', ...(error as OnnxEngineError<'PROVIDER_UNAVAILABLE'>).data })
    else reply({ kind: 'failed', reason: reasonOf(error) })
  },
)
