import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import { splitPattern } from '../../src/tokenizer/splitPattern'

const matches = (source: string, text: string): string[] => text.match(splitPattern(source, 'pattern')) ?? []

describe('splitPattern', () => {
  const cases: [string, string, string, string[]][] = [
    ['ignores case in its groups only', "(?i:'s|'ll)|s", "'S'Ll'ſ Ss", ["'S", "'Ll", "'ſ", 's']],
    ['ignores case in a class', '(?i:[sd])', 'SdſK', ['S', 'd', 'ſ']],
    ['knows the white space of Unicode', '\\s+|[^\\s]', ' \u0085\ufeff', [' \u0085', '\ufeff']],
    ['knows digits of every script', '\\d+', '12٣a', ['12٣']],
    ['gives nothing back after a possessive quantifier', 'a?+a|[ab]++b|b', 'aab', ['aa', 'b']],
    ['repeats a group as a whole', '(ab){2,3}', 'abababab', ['ababab']],
    [
      'reads scripts, codes and negated properties',
      '\\p{Han}+|\\x{41}|\\u0042|\\p{^L}',
      '你好AB1c',
      ['你好', 'A', 'B', '1'],
    ],
    ['stops a dot at the end of a line', '.+', 'a\rb\nc', ['a\rb', 'c']],
    ['takes what is escaped without need', "[\\-\\'\\/a]+|\\@", "-'/a@", ["-'/a", '@']],
    ['looks ahead and back', '\\s+(?!\\S)|(?<=a)b', 'ab  c', ['b', ' ']],
  ]
  for (const [title, source, text, expected] of cases)
    it(title, () => expect(matches(source, text)).to.deep.equal(expected))

  for (const source of [
    '(?>a)',
    '^a',
    'a$',
    '[[:alpha:]]',
    '[a&&b]',
    '\\h',
    '(?<n>a)',
    '(?i:[a-z])',
    '(?i:\\p{Lu})',
    'a{2}+',
    'a)',
    '(a',
    '\\p{Nonsense}',
    '\\',
  ])
    it(`refuses ${source}`, () => {
      expect(() => splitPattern(source, 'pattern'))
        .to.throw(OnnxEngineError, 'tokenizer.json, pattern')
        .with.property('code', 'INVALID_TOKENIZER')
    })
})
