import { OpenLoraError } from './errors'
import type { SignedVoucher } from './payments/voucher'

export interface CompletionRequest {
  modelId: number
  prompt: string
  /** at most; the context length may end the output earlier */
  maxTokens: number
  /** 0, the default, takes the most likely token */
  temperature?: number
  /** decides the random numbers; the same request with the same seed gives the same tokens. Default '' */
  seed?: string
  /** for the caller to find the receipt again; one is made up when absent */
  requestId?: string
  payment: SignedVoucher
}

/** Throws INVALID_REQUEST, or WRONG_MODEL when the voucher is for another model than the request. */
export function checkRequest({
  modelId,
  maxTokens,
  temperature,
  requestId,
  payment,
}: CompletionRequest): void {
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1)
    throw invalid('maxTokens', maxTokens, 'an integer from 1')
  if (temperature !== undefined && !(Number.isFinite(temperature) && temperature >= 0)) {
    throw invalid('temperature', temperature, 'a number from 0')
  }
  if (requestId === '') throw invalid('requestId', requestId, 'a text, or nothing')
  const { voucher } = payment
  if (voucher.modelId === modelId) return
  throw new OpenLoraError(
    'WRONG_MODEL',
    { what: 'the voucher pays another model', got: String(voucher.modelId), expected: String(modelId) },
    { got: voucher.modelId, expected: modelId },
  )
}

function invalid(field: string, got: unknown, expected: string): OpenLoraError {
  return new OpenLoraError(
    'INVALID_REQUEST',
    { what: `${field} is out of range`, got: String(got), expected },
    { field, got: String(got), expected },
  )
}
