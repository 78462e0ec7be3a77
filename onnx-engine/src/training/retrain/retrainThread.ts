import { parentPort, workerData } from 'node:worker_threads'
import type { Samples } from '../../differentiate/options'
import { OnnxEngineError } from '../../errors'
import { decodeModel } from '../../model/decode'
import { Retrainer } from './retrainer'
import type { RetrainReply, RetrainRequest, RetrainSetup } from './threadProtocol'

const port = parentPort!
const { model, options } = workerData.setup as RetrainSetup
const reply = (message: RetrainReply): void => port.postMessage(message)

function fail(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof OnnxEngineError)
    reply({ kind: 'failed', reason, fault: { code: error.code, data: error.data as never } })
  else reply({ kind: 'failed', reason })
}

Retrainer.open(decodeModel(model), options).then(retrainer => {
  let samples: Samples | undefined
  let stop = new AbortController()
  port.on('message', (request: RetrainRequest) => {
    if (request.kind === 'abort') return stop.abort()
    if (request.kind === 'close') return void retrainer.close().then(() => port.close())
    stop = new AbortController()
    samples = request.samples ?? samples
    const onEpoch = (epoch: number, loss: number): void => reply({ kind: 'epoch', epoch, loss })
    retrainer
      .run(samples!, { ...request.job, signal: stop.signal, onEpoch })
      .then(result => reply({ kind: 'done', result }), fail)
  })
  reply({ kind: 'ready' })
}, fail)
