import { extname, join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import {
  decodeStepModel,
  encodeModel,
  type CausalLmConfig,
  startThread,
  type DecodeOptions,
  type Weights,
} from '@open-datanets/onnx-engine'
import { OpenLoraError } from '../errors'
import type { DecodedAdapter } from '../adapters/decodedAdapter'
import type { Decoder, SlotStep } from './decoder'
import type { DecoderReply, DecoderRequest, DecoderSetup } from './decoderProtocol'

const THREAD_ENTRY = join(__dirname, `decoderThread${extname(__filename)}`)

/** `slots` are the requests that run together. */
export interface DecoderOptions extends DecodeOptions {
  config: CausalLmConfig
  weights: Weights
}

/** A decoder in a worker thread of its own, which holds every slot's adapter and cache. */
export class ThreadDecoder implements Decoder {
  readonly slots: number
  readonly contextLength: number
  readonly #worker: Worker
  readonly #exited: Promise<void>
  readonly #resident: (string | null)[]
  #waiting: { resolve(reply: DecoderReply): void; reject(error: OpenLoraError): void } | undefined
  #dead: OpenLoraError | undefined

  /** Rejects when ONNX Runtime refuses the model. */
  static async create(options: DecoderOptions): Promise<ThreadDecoder> {
    const decoder = new ThreadDecoder(options.slots, options.config.contextLength, setupOf(options))
    await decoder.#answer().catch(async error => {
      await decoder.#worker.terminate()
      throw error
    })
    return decoder
  }

  private constructor(slots: number, contextLength: number, setup: DecoderSetup) {
    this.slots = slots
    this.contextLength = contextLength
    this.#resident = Array.from({ length: slots }, () => null)
    this.#worker = startThread(THREAD_ENTRY, setup)
    this.#exited = new Promise(resolve => this.#worker.once('exit', () => resolve()))
    this.#worker.on('message', (reply: DecoderReply) => this.#take(reply))
    this.#worker.once('error', error => this.#die(failed((error as Error).message)))
    this.#worker.once('exit', code => this.#die(failed(`the thread ended with exit code ${code}`)))
  }

  load(slot: number, adapter: DecodedAdapter | null): void {
    const isResident = this.#resident[slot] === (adapter?.digest ?? null)
    this.#resident[slot] = adapter?.digest ?? null
    this.#post({ kind: 'load', slot, adapter: isResident ? 'resident' : (adapter?.lora ?? null) })
  }

  async step(steps: readonly SlotStep[]): Promise<Float32Array[]> {
    const answer = this.#answer()
    this.#post({ kind: 'step', steps })
    const reply = await answer
    const rows = reply.kind === 'logits' ? reply.rows : new Float32Array()
    const wanted = steps.filter(({ wantsLogits }) => wantsLogits).length
    const width = rows.length / wanted
    return Array.from({ length: wanted }, (_, index) => rows.subarray(index * width, (index + 1) * width))
  }

  async close(): Promise<void> {
    this.#post({ kind: 'close' })
    await this.#exited
  }

  #post(request: DecoderRequest): void {
    this.#worker.postMessage(request)
  }

  #answer(): Promise<DecoderReply> {
    if (this.#dead) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }

  #take(reply: DecoderReply): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (reply.kind === 'failed') waiting?.reject(failed(reply.reason))
    else waiting?.resolve(reply)
  }

  #die(error: OpenLoraError): void {
    this.#dead ??= error
    this.#waiting?.reject(this.#dead)
    this.#waiting = undefined
  }
}

function setupOf({ config, weights, slots, rank, targets }: DecoderOptions): DecoderSetup {
  const models = batchSizes(slots).map(size => ({
    slots: size,
    bytes: encodeModel(decodeStepModel(config, weights, { slots: size, rank, targets })),
  }))
  return { config, slots, rank, targets, models }
}

/** All slots, a quarter of them, and so on down to one: few requests must not pay for empty slots. */
function batchSizes(slots: number): number[] {
  const sizes = [slots]
  for (let size = slots; size > 1;) {
    size = Math.ceil(size / 4)
    sizes.unshift(size)
  }
  return sizes
}

function failed(reason: string): OpenLoraError {
  return new OpenLoraError(
    'DECODING_FAILED',
    { what: 'the decoder failed', got: reason, fix: 'start the server again; nothing was charged' },
    { cause: reason },
  )
}
