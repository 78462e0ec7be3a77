/** The node ended before it listened; the message says how and with what words. */
export class EmbeddedChainError extends Error {
  override readonly name = 'EmbeddedChainError'

  constructor(readonly data: { code: number | null; complaint: string }) {
    super(
      `anvil ended with code ${data.code} before it listened: ${data.complaint.trim() || 'it said nothing'}`,
    )
  }
}
