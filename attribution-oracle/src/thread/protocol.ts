import type { Progress, ServiceEvent } from '../domain'
import type { Fault } from './fault'

export interface JobOptions {
  onProgress: (progress: Progress) => void
  signal?: AbortSignal
}

/** Work by name; what goes in and comes out is cloned (HTML, structured clone algorithm). */
export type Jobs<T> = { [Name in keyof T]: (input: never, options: JobOptions) => Promise<unknown> }

/** What the opener says to the thread. */
export type Request =
  | { readonly kind: 'run'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' }

/** What the thread says to its opener. */
export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'notOpened'; readonly fault: Fault }
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: Fault }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'event'; readonly event: ServiceEvent }
