/** Wei per token of one model. */
export interface Price {
  promptToken: bigint
  outputToken: bigint
}

/** The model registry knows one price per token: it holds for what is read and for what is written. */
export function flatPrice(perToken: bigint): Price {
  return { promptToken: perToken, outputToken: perToken }
}

/** The exact price in wei of `promptTokens` read and `outputTokens` written. */
export function priceOf(price: Price, promptTokens: number, outputTokens: number): bigint {
  return price.promptToken * BigInt(promptTokens) + price.outputToken * BigInt(outputTokens)
}
