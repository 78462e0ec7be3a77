import { AdapterSlots } from '../../src/causalLm/adapterSlots'
import type { CausalLmConfig } from '../../src/causalLm/config'
import { decodeStepModel, type DecodeOptions } from '../../src/causalLm/decodeStepModel'
import { KeyValueCache } from '../../src/causalLm/keyValueCache'
import type { LoraAdapter } from '../../src/causalLm/lora'
import type { Weights } from '../../src/causalLm/parameterLayout'
import { encodeModel } from '../../src/model/encode'
import { int64s } from '../../src/model/tensor'
import { DirectSession } from '../../src/session/directSession'

export interface SlotWork {
  readonly tokens: readonly number[]
  readonly adapter?: LoraAdapter
  /** The step in which the slot begins. */
  readonly start?: number
}

/** Feeds each slot its tokens one by one; returns logits[slot][i] after its token i. */
export async function decodeAll(
  config: CausalLmConfig,
  weights: Weights,
  options: DecodeOptions,
  work: ReadonlyMap<number, SlotWork>,
  cache = new KeyValueCache(config, options.slots),
): Promise<Map<number, Float32Array[]>> {
  const session = await DirectSession.create({
    model: encodeModel(decodeStepModel(config, weights, options)),
  })
  const adapters = new AdapterSlots(config, options)
  for (const [slot, { adapter }] of work) adapters.load(slot, adapter)
  const logits = new Map([...work.keys()].map(slot => [slot, [] as Float32Array[]]))
  const steps = Math.max(...[...work.values()].map(({ tokens, start = 0 }) => start + tokens.length))
  for (let step = 0; step < steps; step++) {
    const positions = Array.from({ length: options.slots }, (_, slot) => {
      const { tokens, start = 0 } = work.get(slot) ?? { tokens: [] }
      return step >= start && step < start + tokens.length ? step - start : -1
    })
    const outputs = await session.run({
      token: int64s(positions.map((position, slot) => work.get(slot)?.tokens[position] ?? 0)),
      position: int64s(positions.map(position => Math.max(position, 0))),
      ...cache.feeds,
      ...adapters.feeds,
    })
    cache.write(outputs, positions)
    const all = outputs.logits?.data as Float32Array
    positions.forEach((position, slot) => {
      if (position >= 0)
        logits.get(slot)?.push(all.slice(slot * config.vocabSize, (slot + 1) * config.vocabSize))
    })
  }
  await session.close()
  return logits
}
