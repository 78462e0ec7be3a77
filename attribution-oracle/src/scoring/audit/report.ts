import { z } from 'zod'

const interval = z.object({ mean: z.number(), low: z.number(), high: z.number() })
const part = z.object({ id: z.string(), weight: z.number() })
const figure = z.object({ id: z.string(), choosing: z.number(), reporting: z.number() })

/** What was chosen, why, and how well it predicts models that were really retrained. Figures are LDS. */
export const auditReport = z.object({
  by: z.enum(['default', 'evidence', 'caller']),
  chosen: z.array(part).min(1),
  why: z.string(),
  subsets: z.object({ choosing: z.number().int(), reporting: z.number().int() }),
  /** with 95 % intervals over resampled subsets; absent without evidence */
  choosing: interval.optional(),
  reporting: interval.optional(),
  /** every candidate that was asked about, best first */
  table: z.array(figure),
})
export type AuditReport = z.infer<typeof auditReport>
export type CandidateFigure = z.infer<typeof figure>
export type Part = z.infer<typeof part>
