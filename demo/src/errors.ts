interface DemoErrorData {
  SOURCE_MISSING: { author: string; folder: string }
  PROCESS_FAILED: { command: string; code: number | null; output: string }
  NOT_READY: { what: string; waited: number }
  DISAGREEMENT: { what: string; got: string; expected: string }
  BAD_OPTION: { option: string; got: string; expected: string }
}

export type DemoErrorCode = keyof DemoErrorData

const REPORTS: { [C in DemoErrorCode]: (data: DemoErrorData[C]) => string } = {
  SOURCE_MISSING: d =>
    `the sources of ${d.author} are not installed: expected node_modules/${d.folder}. Run npm ci.`,
  PROCESS_FAILED: d => `${d.command} ended with exit code ${d.code}:\n${d.output}`,
  NOT_READY: d => `${d.what} did not answer within ${d.waited} ms. Is another program holding its port?`,
  DISAGREEMENT: d => `${d.what}: got ${d.got}, expected ${d.expected}`,
  BAD_OPTION: d => `option --${d.option}: got ${d.got}, expected ${d.expected}`,
}

export class DemoError<C extends DemoErrorCode = DemoErrorCode> extends Error {
  override readonly name = 'DemoError'
  constructor(
    readonly code: C,
    readonly data: DemoErrorData[C],
  ) {
    super(REPORTS[code](data))
  }
}
