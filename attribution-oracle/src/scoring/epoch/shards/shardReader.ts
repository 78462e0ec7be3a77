import {
  ANSWERS_FORMAT,
  answersDocument,
  type AnswersDocument,
  type Digest,
  parseDocument,
  type Passage,
  type Shard,
  SHARD_FORMAT,
  type ShardDocument,
} from '../../../domain'
import { AttributionOracleError } from '../../../errors'
import { Corpus } from '../corpus'
import type { Window } from '../windows'
import { RecentlyUsed } from './recentlyUsed'
import { wordOrder } from './sequences'

const TOKENIZERS = 4
const DOCUMENTS = 16
/** Windows of texts that are kept, because neighbouring shards read the same text. */
const KEPT_WINDOWS = 1 << 16

/** Reads the windows of a shard from content alone, as whoever cut it did. */
export class ShardReader {
  private readonly corpora = new RecentlyUsed<Corpus>(TOKENIZERS)
  private readonly answers = new RecentlyUsed<AnswersDocument>(DOCUMENTS)
  private readonly windows = new RecentlyUsed<Window[]>(KEPT_WINDOWS, windows => windows.length)

  /** @throws AttributionOracleError INVALID_DOCUMENT where the content does not have what the shard names */
  windowsOf(shard: Shard): Window[] {
    return shard.document.passages.flatMap((passage, index) => {
      const all = this.#sequence(shard, passage)
      if (passage.to <= all.length) return all.slice(passage.from, passage.to)
      throw invalid(`passages.${index}: it ends at window ${passage.to} of ${all.length}`)
    })
  }

  #sequence(shard: Shard, passage: Passage): readonly Window[] {
    const { document } = shard
    const name = 'text' in passage ? [passage.text, passage.shuffled] : [passage.answers, passage.index]
    const key = JSON.stringify([document.tokenizer, document.windowTokens, document.seed, ...name])
    return this.windows.get(key, () => this.#read(shard, passage))
  }

  #read(shard: Shard, passage: Passage): Window[] {
    const { document } = shard
    const corpus = this.#corpus(shard)
    if ('answers' in passage) {
      const { prompt, output } = this.#answer(shard, passage.answers, passage.index)
      return corpus.windowsOfOutput({ promptTokens: prompt, outputTokens: output })
    }
    const bytes = named(shard, passage.text)
    return passage.shuffled === undefined
      ? corpus.windowsOfText(bytes)
      : corpus.windowsWithoutOrder(bytes, wordOrder(document.seed, passage.shuffled))
  }

  #corpus(shard: Shard): Corpus {
    const { tokenizer, windowTokens }: ShardDocument = shard.document
    return this.corpora.get(`${tokenizer} ${windowTokens}`, () => {
      const json = new TextDecoder().decode(named(shard, tokenizer))
      return new Corpus(json, new Map(), windowTokens)
    })
  }

  #answer(shard: Shard, digest: Digest, index: number): AnswersDocument['answers'][number] {
    const { answers } = this.answers.get(digest, () =>
      parseDocument(answersDocument, ANSWERS_FORMAT, named(shard, digest)),
    )
    const answer = answers[index]
    if (answer === undefined) throw invalid(`${digest} has ${answers.length} answers, none at ${index}`)
    return answer
  }
}

/** What the shard names, which whoever gives a shard has to give with it. */
export function named({ digest, content }: Shard, name: Digest): Uint8Array {
  const bytes = content.get(name)
  if (bytes !== undefined) return bytes
  throw new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `shard ${digest} came without the content ${name} that it names` },
    { argument: 'shard.content', got: 'none', expected: name },
  )
}

function invalid(issue: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `This is not a valid ${SHARD_FORMAT}`, got: issue },
    { format: SHARD_FORMAT, issues: [issue] },
  )
}
