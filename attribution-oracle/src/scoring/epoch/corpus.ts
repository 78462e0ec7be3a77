import { type CounterStream, Tokenizer } from '@open-datanets/onnx-engine'
import type { PaidOutput, ScreenInput } from '../../domain'
import { UnigramBaseline } from './unigram'
import { type Window, windowsOf } from './windows'
import { withoutOrder } from './wordOrder'

/** One file as the model reads it. */
export interface EncodedFile {
  readonly id: bigint
  readonly text: Uint8Array
  readonly ids: readonly number[]
  readonly windows: readonly Window[]
}

/** Turns texts into windows with one model's tokenizer. */
export class Corpus {
  private readonly tokenizer: Tokenizer
  private readonly encoded = new Map<bigint, EncodedFile>()

  constructor(
    tokenizerJson: string,
    private readonly files: ReadonlyMap<bigint, ScreenInput>,
    private readonly windowTokens: number,
  ) {
    this.tokenizer = Tokenizer.fromJson(tokenizerJson)
  }

  /** The files with these ids that are present, in the order of the ids. */
  filesOf(ids: readonly bigint[]): EncodedFile[] {
    return ids.flatMap(id => {
      const file = this.files.get(id)
      return file === undefined ? [] : [this.encode(file)]
    })
  }

  windowsOfText(bytes: Uint8Array): Window[] {
    return windowsOf(this.tokenizer.encode(bytes), this.shape)
  }

  /** The same text with its words shuffled. */
  windowsWithoutOrder(bytes: Uint8Array, draw: CounterStream): Window[] {
    return this.windowsOfText(Buffer.from(withoutOrder(Buffer.from(bytes).toString('utf8'), draw)))
  }

  /**
   * The answer's tokens are scored, the prompt is context; a server that begins its prompt with endOfText says what
   * every sequence begins with anyway. No windows where a token is none of this vocabulary: receipts come from
   * outside, and one that cannot be read must not stop the epoch.
   */
  windowsOfOutput({
    promptTokens,
    outputTokens,
  }: Pick<PaidOutput, 'promptTokens' | 'outputTokens'>): Window[] {
    const { vocabSize, endOfText } = this.tokenizer
    const prompt = promptTokens[0] === endOfText ? promptTokens.slice(1) : promptTokens
    const ids = [...prompt, ...outputTokens]
    if (ids.some(id => !Number.isInteger(id) || id < 0 || id >= vocabSize)) return []
    return windowsOf(ids, { ...this.shape, unscored: prompt.length, closed: false })
  }

  /** Token frequencies of the given files. */
  baseline(files: readonly EncodedFile[]): UnigramBaseline {
    const baseline = new UnigramBaseline(this.tokenizer.vocabSize)
    for (const { ids } of files) baseline.observe(ids)
    return baseline
  }

  private get shape(): { length: number; endOfText: number } {
    return { length: this.windowTokens, endOfText: this.tokenizer.endOfText }
  }

  private encode({ id, bytes }: ScreenInput): EncodedFile {
    let file = this.encoded.get(id)
    if (file === undefined) {
      const ids = this.tokenizer.encode(bytes)
      file = { id, text: bytes, ids, windows: windowsOf(ids, this.shape) }
      this.encoded.set(id, file)
    }
    return file
  }
}
