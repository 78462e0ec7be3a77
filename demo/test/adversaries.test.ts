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
      for (const [i, copy] of texts(copies).entries()) expect(others[i]).to.not.equal(copy)
    })
  })

  describe('noise', () => {
    const files = noise(originals, 5, '1')

    it('makes as many files as asked, each a few lines over 2,500 characters', () => {
      expect(noise(originals, 0, '1')).to.be.empty
      expect(files.length).to.equal(5)
      for (const file of files) expect(text(file).length).to.be.within(2_500, 2_500 + 12 * 25)
    })

    it('takes its words from real files, and no line', () => {
      const code = texts(originals).join('\n')
      for (const file of files) {
        const [licence, pragma, ...lines] = text(file).split('\n')
        expect([licence, pragma]).to.deep.equal([
          '// SPDX-License-Identifier: MIT',
          'pragma solidity ^0.8.0;',
        ])
        for (const line of lines) {
          expect(code, line).to.not.contain(line)
          for (const word of line.split(' ')) expect(code).to.contain(word)
        }
      }
    })

    it('is the same for the same seed, and differs by seed and within one', () => {
      expect(texts(noise(originals, 5, '1'))).to.deep.equal(texts(files))
      const all = texts([...files, ...noise(originals, 5, '2')])
      expect(new Set(all).size).to.equal(10)
    })
  })
})
