import { DEFAULT_SCREENING_RULES, screen } from '@open-datanets/attribution-oracle'
import { expect } from 'chai'
import { copyRenamed, copyUnchanged, noise } from '../src/adversaries'
import { AUTHORS, readAuthor, type SourceFile } from '../src/corpus'
import { isReserved, lexemesOf } from './solidityLexemes'

const text = (file: SourceFile): string => Buffer.from(file.bytes).toString('utf8')
const texts = (files: readonly SourceFile[]): string[] => files.map(text)
const fileOf = (source: string): SourceFile => ({ name: 'a.sol', bytes: Buffer.from(source) })

describe('adversaries', () => {
  const originals = AUTHORS.flatMap(author => readAuthor(author, '1', 6, 0).files)

  describe('copyUnchanged', () => {
    it('keeps every byte under a name that nobody has', () => {
      const copies = copyUnchanged(originals)
      expect(texts(copies)).to.deep.equal(texts(originals))
      const names = [...originals, ...copies].map(({ name }) => name)
      expect(new Set(names).size).to.equal(names.length)
    })
  })

  describe('copyRenamed', () => {
    const copies = copyRenamed(originals, '1')

    it('renames identifiers and drops comments, and nothing else', () => {
      const source = [
        '// SPDX-License-Identifier: MIT',
        'pragma solidity ^0.8.0;',
        '/* a /* block */',
        'contract Token { string name = "// no comment"; // a comment',
        '  function total(uint256 a) external pure returns (uint256) { return a + 0xAb + 1e3; } }',
      ].join('\n')
      const [copy] = copyRenamed([fileOf(source)], '1')
      const pattern = new RegExp(
        [
          'pragma \\w+ \\^0\\.8\\.0;',
          'contract (\\w+) \\{ string (\\w+) = "// no comment";',
          '  function (\\w+)\\(uint256 (\\w+)\\) external pure returns \\(uint256\\) \\{ return \\4 \\+ 0xAb \\+ 1e3; \\} \\}$',
        ].join('\n'),
      )
      expect(text(copy!)).to.match(pattern)
      const [, ...names] = pattern.exec(text(copy!))!
      expect(new Set([...names, 'Token', 'name', 'total', 'a']).size).to.equal(8)
    })

    it('is found by screening, file by file', () => {
      const files = [...originals, ...copies].map(({ bytes }, id) => ({ id: BigInt(id), bytes }))
      const verdicts = screen(files, DEFAULT_SCREENING_RULES)
      const kept = originals.flatMap((_, id) => (verdicts[id]!.verdict === 'accepted' ? [id] : []))
      expect(kept.length).to.be.greaterThan(originals.length / 2)
      for (const id of kept) expect(verdicts[originals.length + id]!.verdict).to.equal('copy')
    })

    it('leaves no comment', () => {
      expect(originals.filter(file => lexemesOf(text(file)).comments === 0)).to.be.empty
      expect(copies.filter(file => lexemesOf(text(file)).comments > 0)).to.be.empty
    })

    it('keeps the number and the kind of all lexemes; names change one to one over all files', () => {
      const renamed = new Map<string, string>()
      for (const [i, original] of originals.entries()) {
        const before = lexemesOf(text(original)).lexemes
        const after = lexemesOf(text(copies[i]!)).lexemes
        expect(after.length, original.name).to.equal(before.length)
        for (const [at, lexeme] of before.entries()) {
          if (!/^[A-Za-z_$]/.test(lexeme) || isReserved(lexeme)) {
            expect(after[at], original.name).to.equal(lexeme)
          } else {
            const known = renamed.get(lexeme) ?? after[at]!
            expect(after[at], `${lexeme} in ${original.name}`).to.equal(known)
            renamed.set(lexeme, known)
          }
        }
      }
      expect(new Set(renamed.values()).size).to.equal(renamed.size)
      expect([...renamed.values()].filter(name => renamed.has(name) || isReserved(name))).to.be.empty
      expect(renamed.size).to.be.above(500)
    })

    it('is the same for the same seed, and has other names for another', () => {
      expect(texts(copyRenamed(originals, '1'))).to.deep.equal(texts(copies))
      const others = texts(copyRenamed(originals, '2'))
      expect(others).to.not.deep.equal(texts(copies))
    })
  })

  describe('noise', () => {
    const files = noise(originals, 5, '1')

    const LICENCE = '// SPDX-License-Identifier: MIT'
    const wordsOf = (file: SourceFile): string[] => text(file).split(/\s+/)
    const header = `${LICENCE} pragma solidity ^0.8.0;`.split(' ')

    it('makes as many files as asked, each of 700 words and what its last brackets need', () => {
      expect(noise(originals, 0, '1')).to.be.empty
      expect(files.length).to.equal(5)
      for (const file of files) {
        expect(wordsOf(file).slice(0, header.length)).to.deep.equal(header)
        expect(wordsOf(file).length - header.length).to.be.within(700, 701)
      }
    })

    it('passes for Solidity: brackets match, and the licence is the only comment', () => {
      const opening = new Map([
        [')', '('],
        [']', '['],
        ['}', '{'],
      ])
      for (const file of files) {
        const { lexemes, comments } = lexemesOf(text(file))
        expect(comments).to.equal(1)
        const open: string[] = []
        for (const lexeme of lexemes) {
          if ('([{'.includes(lexeme)) open.push(lexeme)
          else if (opening.has(lexeme)) expect(open.pop()).to.equal(opening.get(lexeme))
        }
        expect(open).to.be.empty
      }
    })

    it('takes its words from real files, and hardly a line', () => {
      const code = texts(originals).join('\n')
      for (const file of files) {
        const words = wordsOf(file).slice(header.length, header.length + 700)
        expect(words.filter(word => !code.includes(word))).to.be.empty
        const lines = text(file).split('\n').slice(2)
        expect(lines.filter(line => code.includes(line)).length).to.be.below(lines.length / 20)
      }
    })

    it('is the same for the same seed, and differs by seed and within one', () => {
      expect(texts(noise(originals, 5, '1'))).to.deep.equal(texts(files))
      const all = texts([...files, ...noise(originals, 5, '2')])
      expect(new Set(all).size).to.equal(10)
    })
  })
})
