/** Paths are relative to the root; `except` is relative to `from`. */
export interface Zone {
  target: string
  from: string
  except?: string[]
  message: string
}

export const oracle: Readonly<Record<string, readonly string[]>>
export const zones: readonly Zone[]
export const owners: Readonly<Record<string, string>>
export const pure: readonly string[]
