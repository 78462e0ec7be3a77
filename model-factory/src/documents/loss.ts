import { z } from 'zod'

/** How well files are predicted. Files of other tokenizers compare by `bitsPerByte` only. */
export const loss = z.object({
  /** Nats per token, each file's end of text counted as a token. */
  lossPerToken: z.number(),
  bitsPerByte: z.number(),
  tokens: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
})
export type Loss = z.infer<typeof loss>

/** A loss from a sum in nats. */
export function lossOf(nats: number, tokens: number, bytes: number): Loss {
  return { lossPerToken: nats / tokens, bitsPerByte: nats / Math.LN2 / bytes, tokens, bytes }
}
