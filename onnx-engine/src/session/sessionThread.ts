import { parentPort, workerData } from 'node:worker_threads'
import { InferenceSession } from 'onnxruntime-node'
import { fromOrtOutputs, toOrtFeeds } from './feeds'
import { ortOptions } from './sessionOptions'
import type { ThreadReply, ThreadRequest, ThreadSetup } from './threadProtocol'

const port = parentPort
const { model, options } = workerData.setup as ThreadSetup

function reply(message: ThreadReply): void {
  const buffers =
    message.kind === 'outputs' ? Object.values(message.outputs).map(tensor => tensor.data.buffer) : []
  port?.postMessage(message, buffers as ArrayBuffer[])
}

function reasonOf(error: unknown): string {
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

InferenceSession.create(model, ortOptions(options)).then(
  session => {
    // In order of arrival: a request to close must not overtake the run before it.
    let previous = Promise.resolve()
    port?.on('message', (request: ThreadRequest) => {
      previous = previous.then(() => answer(session, request))
    })
    // A detached buffer is noticed only on arrival.
    port?.on('messageerror', (error: Error) =>
      reply({ kind: 'failed', reason: `unreadable feeds: ${error.message}` }),
    )
    reply({ kind: 'ready' })
  },
  (error: unknown) => reply({ kind: 'failed', reason: reasonOf(error) }),
)
