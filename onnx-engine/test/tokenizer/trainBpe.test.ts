import { expect } from 'chai'
import fc from 'fast-check'
import { OnnxEngineError } from '../../src/errors'
import { splitPieces } from '../../src/tokenizer/pieces'
import { trainBpe } from '../../src/tokenizer/trainBpe'

/** The merges of a tokenizer as text, `left right` by rank. */
const mergesOf = (texts: string[], vocabSize: number): string[] =>
  JSON.parse(trainBpe(texts, { vocabSize, minFrequency: 1 }).toJson()).model.merges

/** The textbook algorithm: count every pair of every piece anew before each merge. */
function mergesByRecount(texts: string[], names: number): string[] {
  const order = new Map(
    Object.entries(
      JSON.parse(trainBpe([], { vocabSize: 257 }).toJson()).model.vocab as Record<string, number>,
    ),
  )
  order.delete('<|endoftext|>')
  let pieces = texts.flatMap(text => splitPieces(text)).map(piece => piece.replaceAll(' ', 'Ġ').split(''))
  const merges: string[] = []
  while (order.size < names) {
    const counts = new Map<string, number>()
    for (const piece of pieces)
      for (let i = 0; i + 1 < piece.length; i++) {
        const pair = `${piece[i]} ${piece[i + 1]}`
        counts.set(pair, (counts.get(pair) ?? 0) + 1)
      }
    // "aaa" counts its pair twice here; the product does the same, as Hugging Face does.
    const best = [...counts].sort(([p, m], [q, n]) => {
      const [a, b, c, d] = [...p.split(' '), ...q.split(' ')].map(name => order.get(name)!) as [
        number,
        number,
        number,
        number,
      ]
      return n - m || a - c || b - d
    })[0]
    if (best === undefined) break
    const [left, right] = best[0].split(' ') as [string, string]
    merges.push(best[0])
    if (!order.has(left + right)) order.set(left + right, order.size)
    pieces = pieces.map(piece => {
      const merged: string[] = []
      for (let i = 0; i < piece.length; i++)
        if (piece[i] === left && piece[i + 1] === right) merged.push(left + piece[++i]!)
        else merged.push(piece[i]!)
      return merged
    })
  }
  return merges
}

describe('trainBpe', () => {
  it('learns what recounting every pair before every merge learns', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), words => {
        const texts = [words.join(' ')]
        expect(mergesOf(texts, 257 + 12)).to.deep.equal(mergesByRecount(texts, 256 + 12))
      }),
    )
  })

  it('does not depend on the order of the texts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30 }), { maxLength: 10 }), texts => {
        const forward = trainBpe(texts, { vocabSize: 300 }).toJson()
        expect(trainBpe(texts.toReversed(), { vocabSize: 300 }).toJson()).to.equal(forward)
      }),
    )
  })

  it('stops early when no pair occurs twice', () => {
    const tokenizer = trainBpe(['abcdef'], { vocabSize: 1024 })
    expect(tokenizer.vocabSize).to.equal(257)
    expect(tokenizer.endOfText).to.equal(256)
  })

  it('breaks ties by the lower left, then the lower right id', () => {
    expect(mergesOf(['ab cd ab cd'], 258)).to.deep.equal(['a b'])
    expect(mergesOf(['cd', 'ab'], 259)).to.deep.equal(['a b', 'c d'])
  })

  it('reports progress up to the last name', () => {
    const seen: number[] = []
    trainBpe(['function function'], { vocabSize: 260, onProgress: done => seen.push(done) })
    expect(seen.at(-1)).to.equal(259)
  })

  it('stops when told to from within a progress report', () => {
    const controller = new AbortController()
    const text = Array.from({ length: 4000 }, (_, i) => i.toString(36)).join(' ')
    const act = (): unknown =>
      trainBpe([text], { vocabSize: 1000, signal: controller.signal, onProgress: () => controller.abort() })
    expect(act).to.throw().with.property('name', 'AbortError')
  })

  it('refuses a vocabulary without room for the bytes', () => {
    for (const vocabSize of [0, 256, 300.5, NaN])
      expect(() => trainBpe([], { vocabSize }))
        .to.throw(OnnxEngineError)
        .with.property('code', 'INVALID_ARGUMENT')
  })
})
