import { counterBytes } from '@open-datanets/onnx-engine'
import type { ScreenInput } from '../../../src/domain'
import { renamedCopy, sourcesOf } from '../../screening/solidity'
import { hexConstants, randomIdentifiers, shuffledWords, unigramWords } from './noiseFiles'

export type Kind = 'honest' | 'exact copy' | 'renamed copy' | 'hex' | 'noise'

export interface Commitment extends ScreenInput {
  readonly kind: Kind
  readonly author: string
  readonly name: string
}

export interface Datanet {
  readonly commitments: readonly Commitment[]
  readonly evaluation: readonly { name: string; bytes: Uint8Array }[]
}

const AUTHORS = ['solmate', 'openzeppelin', 'aave'] as const
const BYTES_PER_AUTHOR = 90_000
const ADVERSARIAL = 5

/** A reduced real datanet: three packages' files, some of them held out, then copiers and makers of noise. */
export function reducedDatanet(): Datanet {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const evaluation: { name: string; bytes: Uint8Array }[] = []
  const honest: Omit<Commitment, 'id'>[] = []
  for (const author of AUTHORS) {
    let bytes = 0
    for (const [index, { path, text }] of counterBytes('datanet', author)
      .shuffle(sourcesOf(author))
      .entries()) {
      if (text.length < 600 || text.length > 20_000 || bytes > BYTES_PER_AUTHOR) continue
      bytes += text.length
      if (index % 8 === 0) evaluation.push({ name: path, bytes: encode(text) })
      else honest.push({ author, kind: 'honest', name: path, bytes: encode(text) })
    }
  }
  const texts = honest.map(({ bytes }) => new TextDecoder().decode(bytes))
  const adversarial = Array.from({ length: ADVERSARIAL }, (_, index): Omit<Commitment, 'id'>[] => {
    const victim = texts[index * 7] as string
    const made = (kind: Kind, name: string, text: string): Omit<Commitment, 'id'> => {
      return { author: 'adversary', kind, name: `${name} ${index}`, bytes: encode(text) }
    }
    return [
      made('exact copy', 'exact copy', victim),
      made('renamed copy', 'renamed copy', renamedCopy(victim, 'w')),
      made('hex', 'hexadecimal dump', Buffer.from(unigramWords(`${index}`, texts, 180)).toString('hex')),
      made('noise', 'random identifiers', randomIdentifiers(`${index}`)),
      made('noise', 'unigram words', unigramWords(`${index}`, texts, 450)),
      made('noise', 'hex constants', hexConstants(`${index}`, 40)),
      made('noise', 'shuffled words', shuffledWords(`${index}`, victim)),
    ]
  }).flat()
  return {
    commitments: [...honest, ...adversarial].map((file, index) => ({ ...file, id: BigInt(index) })),
    evaluation,
  }
}
