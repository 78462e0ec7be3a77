import { expect } from 'chai'
import fc from 'fast-check'
import { DEFAULT_SCREENING_RULES, screen } from '../../src/screening'
import { committed } from './files'
import { renamedCopy, sourcesOf } from './solidity'

const rules = DEFAULT_SCREENING_RULES
const sources = sourcesOf('solmate').filter(
  ({ path }) => path.startsWith('tokens/') || path.startsWith('utils/'),
)
const [erc20, other] = ['tokens/ERC20.sol', 'utils/FixedPointMathLib.sol'].map(
  path => (sources.find(source => source.path === path) as { text: string }).text,
) as [string, string]

/** A renamed copy with a new statement after every so many statements. */
function padded(text: string, every: number): string {
  let statements = 0
  return renamedCopy(text, 'v').replaceAll(/;\n/g, end =>
    ++statements % every === 0 ? `;\nuint256 x${statements} = ${statements};\n` : end,
  )
}

const verdicts = (...texts: (string | Uint8Array)[]): string[] =>
  screen(committed(...texts), rules).map(({ reason, representative }) => `${reason} ${representative}`)

describe('screen', () => {
  describe('given two different files', () => {
    it('accepts both', () => {
      expect(verdicts(erc20, other)).to.deep.equal(['ACCEPTED 0', 'ACCEPTED 1'])
    })
  })

  describe('given a copy', () => {
    it('finds the same bytes', () => {
      expect(verdicts(erc20, other, erc20)).to.deep.equal(['ACCEPTED 0', 'ACCEPTED 1', 'EXACT_COPY 0'])
    })

    it('finds the same text with other line ends and a byte order mark', () => {
      expect(verdicts(erc20, `\uFEFF${erc20.replaceAll('\n', '\r\n')}`)[1]).to.equal('EXACT_COPY 0')
    })

    it('finds it with every name replaced and the comments gone', () => {
      expect(verdicts(erc20, renamedCopy(erc20, 'v'))[1]).to.equal('NEAR_COPY 0')
    })

    it('finds it with statements put in between', () => {
      expect(verdicts(erc20, padded(erc20, 12))[1]).to.equal('NEAR_COPY 0')
    })

    it('pays next to nothing where statements are put in everywhere', () => {
      const [, result] = screen(committed(erc20, padded(erc20, 6)), rules)
      expect(result?.novelty).to.be.below(0.2)
    })

    it('finds a part of a file', () => {
      const body = erc20.slice(erc20.indexOf('function approve'), erc20.indexOf('function permit'))
      expect(verdicts(erc20, `contract Part { ${renamedCopy(body, 'p')} }`)[1]).to.equal('NEAR_COPY 0')
    })

    it('finds a file that is glued together from earlier ones', () => {
      const texts = sources.slice(0, 4).map(({ text }) => text)
      const [result] = screen(
        committed(...texts, texts.map(text => renamedCopy(text, 'g')).join('\n')),
        rules,
      ).slice(-1)
      expect(result?.reason).to.equal('NEAR_COPY')
      expect(result?.detail).to.contain('patchwork')
    })

    it('counts a copy of a copy to the first of them', () => {
      expect(verdicts(erc20, renamedCopy(erc20, 'a'), renamedCopy(erc20, 'b'))[2]).to.equal('NEAR_COPY 0')
    })
  })

  describe('given an accepted file with borrowed parts', () => {
    it('pays only for what is new', () => {
      const borrowed = erc20.slice(erc20.indexOf('function approve'), erc20.indexOf('function permit'))
      const fresh = other.slice(other.indexOf('function rpow'), other.indexOf('function sqrt'))
      const results = screen(committed(erc20, `contract Mixed { ${borrowed} ${fresh} }`), rules)
      expect(results[0]?.novelty).to.equal(1)
      expect(results[1]?.reason).to.equal('ACCEPTED')
      expect(results[1]?.novelty).to.be.within(0.2, 0.8)
    })
  })

  describe('given a file that breaks a format rule', () => {
    it('names the rule', () => {
      const hex = Buffer.from(erc20).toString('hex')
      const prose = 'The quick brown fox jumps over the lazy dog and runs away from all of it. '.repeat(20)
      expect(
        verdicts(
          Uint8Array.of(0xff, 0xfe),
          'contract A {}',
          `contract A { /* ${'x'.repeat(300_000)} */ }`,
          hex,
          prose,
        ),
      ).to.deep.equal(['NOT_TEXT 0', 'TOO_SMALL 1', 'TOO_LARGE 2', 'TOO_SMALL 3', 'NOT_TEXT 4'])
    })

    it('does not let it stand for later files', () => {
      const cut = 'contract A {'
      expect(verdicts(cut, cut)).to.deep.equal(['TOO_SMALL 0', 'TOO_SMALL 1'])
    })
  })

  describe('given signals of the model', () => {
    it('rejects noise and leaves its copies copies', () => {
      const signals = new Map([
        [0n, { lossPerByte: 2, baselinePerByte: 1.5, selfInfluence: 1 }],
        [1n, { lossPerByte: 0.5, baselinePerByte: 1.5, selfInfluence: 1 }],
      ])
      const results = screen(committed(erc20, other, erc20), rules, signals)
      expect(results.map(({ verdict, reason }) => `${verdict} ${reason}`)).to.deep.equal([
        'rejected NOISE',
        'accepted ACCEPTED',
        'copy EXACT_COPY',
      ])
      expect(results[0]?.novelty).to.equal(0)
    })
  })

  describe('whatever is committed later', () => {
    it('leaves the verdicts of earlier files as they were', () => {
      const texts = sources.map(({ text }) => text)
      fc.assert(
        fc.property(fc.shuffledSubarray(texts, { minLength: 2, maxLength: 8 }), fc.nat(), (chosen, cut) => {
          const files = committed(...chosen, chosen.join('\n'), ...chosen.map(text => renamedCopy(text, 'q')))
          const earlier = cut % files.length
          expect(screen(files.slice(0, earlier), rules)).to.deep.equal(screen(files, rules).slice(0, earlier))
        }),
        { numRuns: 20 },
      )
    })

    it('gives the same results in whatever order the files are handed over', () => {
      const files = committed(...sources.map(({ text }) => text))
      expect(screen([...files].reverse(), rules)).to.deep.equal(screen(files, rules))
    })
  })
})
