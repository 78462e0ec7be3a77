import { expect } from 'chai'
import { AUTHORS, readAuthor, type SourceFile } from '../src/corpus'
import { DemoError } from '../src/errors'
import { SIZES } from '../src/options'

const namesOf = (files: readonly SourceFile[]): string[] => files.map(({ name }) => name)
const [openzeppelin] = AUTHORS

describe('readAuthor', () => {
  for (const author of AUTHORS) {
    it(`deals the files of ${author.name}: nobody contributes what models are judged on`, () => {
      for (const { files: count, heldOut: kept } of Object.values(SIZES)) {
        const { files, heldOut } = readAuthor(author, '1', count, kept)
        expect(files.length).to.be.within(1, count)
        expect(heldOut.length).to.be.within(1, kept)
        const contributed = new Set(files.map(({ bytes }) => Buffer.from(bytes).toString('hex')))
        for (const { name, bytes } of heldOut) {
          expect(contributed.has(Buffer.from(bytes).toString('hex')), name).to.equal(false)
        }
        for (const { name, bytes } of [...files, ...heldOut]) {
          expect(name).to.match(new RegExp(`^${author.name}/.*\\.sol$`))
          expect(bytes.length).to.be.within(600, 12_000)
        }
      }
    })
  }

  it('gives as many as asked where there are enough', () => {
    const { files, heldOut } = readAuthor(openzeppelin!, '1', 14, 3)
    expect([files.length, heldOut.length]).to.deep.equal([14, 3])
    expect(new Set(namesOf([...files, ...heldOut])).size).to.equal(17)
  })

  it('never holds out more than a quarter', () => {
    const { files, heldOut } = readAuthor(openzeppelin!, '1', 10_000, 10_000)
    const total = files.length + heldOut.length
    expect(heldOut.length).to.equal(Math.floor(total / 4))
  })

  it('deals alike for the same seed, and otherwise for another', () => {
    const deal = (seed: string): string[] => namesOf(readAuthor(openzeppelin!, seed, 14, 3).files)
    expect(deal('1')).to.deep.equal(deal('1'))
    expect(deal('1')).to.not.deep.equal(deal('2'))
  })

  it('names the package that is not installed', () => {
    const nobody = { name: 'nobody', folder: 'no-such-package/src' }
    let error: unknown
    try {
      readAuthor(nobody, '1', 1, 1)
    } catch (caught) {
      error = caught
    }
    expect(error).to.be.instanceOf(DemoError)
    const { code, data, message } = error as DemoError
    expect({ code, data }).to.deep.equal({
      code: 'SOURCE_MISSING',
      data: { author: 'nobody', folder: 'no-such-package/src' },
    })
    expect(message).to.contain('expected node_modules/no-such-package/src')
  })
})
