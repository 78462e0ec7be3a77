import { counterBytes } from '@open-datanets/onnx-engine'
import type { DecodedAdapter } from '../adapters/decodedAdapter'
import { OpenLoraError } from '../errors'
import type { Decoder, SlotStep } from './decoder'
import { sampleToken } from './sampleToken'

export interface DecodingJob {
  /** null for the base model alone */
  adapter: DecodedAdapter | null
  /** at least one token, fewer than the context length */
  prompt: readonly number[]
  /** at least 1; the context may end the output earlier */
  maxTokens: number
  /** ends the output and is not part of it */
  endOfText: number
  temperature: number
  /** decides every random number of the request, whatever runs beside it */
  seed: string
  signal?: AbortSignal
}

export type StopReason = 'endOfText' | 'maxTokens' | 'contextLength' | 'aborted'

export interface DecodingResult {
  /** how many prompt tokens the model has read: all of them unless aborted */
  promptTokensRead: number
  outputTokens: number[]
  stoppedBy: StopReason
}

interface Running {
  job: DecodingJob
  position: number
  output: number[]
  uniform: () => number
  stoppedBy: StopReason | undefined
  resolve(result: DecodingResult): void
  reject(error: unknown): void
}

/**
 * Continuous batching: requests wait in a queue, take the lowest free slot, and leave it the moment they end, while the
 * others go on. Prompts are read token by token in the same steps in which others write.
 */
export class Scheduler {
  readonly #decoder: Decoder
  readonly #queueLimit: number
  readonly #vocabulary: number
  readonly #slots: (Running | undefined)[]
  #queue: Running[] = []
  #loop: Promise<void> | undefined
  #closed: OpenLoraError | undefined

  /** `vocabulary`: how many of the logits stand for tokens; a model may have more, that were never trained. */
  constructor(decoder: Decoder, { queueLimit, vocabulary }: { queueLimit: number; vocabulary: number }) {
    this.#decoder = decoder
    this.#queueLimit = queueLimit
    this.#vocabulary = vocabulary
    this.#slots = Array.from({ length: decoder.slots }, () => undefined)
  }

  /**
   * Resolves when the output has ended; an abort resolves too, with what was read and written until then. Rejects with
   * QUEUE_FULL, CLOSED, or DECODING_FAILED.
   */
  run(job: DecodingJob): Promise<DecodingResult> {
    if (this.#closed) return Promise.reject(this.#closed)
    if (this.#queue.length >= this.#queueLimit)
      return Promise.reject(queueFull(this.#queue.length, this.#queueLimit))
    const random = counterBytes(job.seed, 'open-lora', 'sampling')
    return new Promise((resolve, reject) => {
      const uniform = (): number => random.uniform()
      this.#queue.push({ job, position: 0, output: [], uniform, stoppedBy: undefined, resolve, reject })
      this.#loop ??= this.#decode()
    })
  }

  /** Takes nothing new, lets what runs or waits end, and closes the decoder. */
  async close(): Promise<void> {
    this.#closed ??= new OpenLoraError('CLOSED', { what: 'the server is closed' }, {})
    await this.#loop
    await this.#decoder.close()
  }

  async #decode(): Promise<void> {
    try {
      // A request that arrives in the same turn as others shares their first step.
      await Promise.resolve()
      for (;;) {
        this.#dropAborted()
        this.#admit()
        const running = this.#occupied()
        if (running.length === 0) break
        const steps = running.map(([slot, request]) => nextStep(slot, request))
        const logits = await this.#decoder.step(steps)
        let read = 0
        for (const [index, [slot, request]] of running.entries()) {
          const row = steps[index]?.wantsLogits ? logits[read++]?.subarray(0, this.#vocabulary) : undefined
          advance(request, row, this.#decoder.contextLength)
          if (request.stoppedBy) this.#leave(slot, request)
        }
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#loop = undefined
    }
  }

  #occupied(): [number, Running][] {
    return this.#slots.flatMap((request, slot): [number, Running][] => (request ? [[slot, request]] : []))
  }

  #admit(): void {
    for (let slot = 0; slot < this.#slots.length && this.#queue.length > 0; slot++) {
      if (this.#slots[slot]) continue
      const request = this.#queue.shift() as Running
      this.#decoder.load(slot, request.job.adapter)
      this.#slots[slot] = request
    }
  }

  #dropAborted(): void {
    const aborted = this.#queue.filter(({ job }) => job.signal?.aborted)
    this.#queue = this.#queue.filter(({ job }) => !job.signal?.aborted)
    for (const request of aborted) request.resolve(resultOf({ ...request, stoppedBy: 'aborted' }))
    for (const [slot, request] of this.#occupied()) {
      if (!request.job.signal?.aborted) continue
      request.stoppedBy = 'aborted'
      this.#leave(slot, request)
    }
  }

  #leave(slot: number, request: Running): void {
    this.#slots[slot] = undefined
    request.resolve(resultOf(request))
  }

  /** What a decoder has lost in the middle of a step cannot be continued. */
  #fail(cause: unknown): void {
    this.#closed = cause as OpenLoraError
    for (const request of [...this.#slots, ...this.#queue.splice(0)]) request?.reject(cause)
    this.#slots.fill(undefined)
  }
}

function nextStep(slot: number, { job, position, output }: Running): SlotStep {
  const { prompt } = job
  const token = (position < prompt.length ? prompt[position] : output[position - prompt.length]) as number
  return { slot, token, position, wantsLogits: position >= prompt.length - 1 }
}

function advance(request: Running, logits: Float32Array | undefined, contextLength: number): void {
  const { job, output } = request
  request.position++
  if (!logits) return
  const token = sampleToken(logits, job.temperature, request.uniform)
  if (token === job.endOfText) {
    request.stoppedBy = 'endOfText'
    return
  }
  output.push(token)
  // A caller that wants more than fits has asked for as much as fits by now: the context is what stopped it.
  if (job.prompt.length + output.length === contextLength) request.stoppedBy = 'contextLength'
  else if (output.length === job.maxTokens) request.stoppedBy = 'maxTokens'
}

function resultOf({ job, position, output, stoppedBy }: Running): DecodingResult {
  const promptTokensRead = Math.min(position, job.prompt.length)
  return { promptTokensRead, outputTokens: output, stoppedBy: stoppedBy ?? 'aborted' }
}

function queueFull(got: number, limit: number): OpenLoraError {
  return new OpenLoraError(
    'QUEUE_FULL',
    {
      what: 'too many requests are waiting',
      got: String(got),
      expected: `fewer than ${limit}`,
      fix: 'try again later',
    },
    { got, expected: limit },
  )
}
