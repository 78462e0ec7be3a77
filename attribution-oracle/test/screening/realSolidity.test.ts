import { expect } from 'chai'
import { DEFAULT_SCREENING_RULES, screen } from '../../src/screening'
import { committed } from './files'
import { PACKAGES, type PackageName, renamedCopy, sourcesOf } from './solidity'

/** Standard interfaces and vendored files that these packages do share; found by reading each reported pair. */
const SHARED_BETWEEN_PACKAGES = 20

describe('screen on eight public Solidity packages', () => {
  const sources = (Object.keys(PACKAGES) as PackageName[]).flatMap(sourcesOf)
  const results = screen(committed(...sources.map(({ text }) => text)), DEFAULT_SCREENING_RULES)
  const accepted = sources.filter((_, index) => results[index]?.verdict === 'accepted')

  it('accepts or explains every file', () => {
    expect(sources.length).to.be.above(750)
    const rejected = results.filter(({ verdict }) => verdict === 'rejected')
    expect(rejected.every(({ reason }) => reason === 'TOO_SMALL')).to.equal(true)
    expect(accepted.length).to.be.above(0.84 * sources.length)
  })

  it('hardly ever takes one author for the copy of another', () => {
    const across = results.filter(({ id, verdict, representative }) => {
      return verdict === 'copy' && sources[Number(id)]?.author !== sources[Number(representative)]?.author
    })
    expect(across.length).to.be.at.most(SHARED_BETWEEN_PACKAGES)
  })

  it('finds every renamed copy without comments, and its owner', () => {
    const copies = accepted.map(({ text }, index) => renamedCopy(text, `n${index}_`))
    const both = screen(committed(...accepted.map(({ text }) => text), ...copies), DEFAULT_SCREENING_RULES)
    const found = both.slice(accepted.length).filter(({ verdict, representative }, index) => {
      return verdict === 'copy' && representative === BigInt(index)
    })
    expect(found.length / accepted.length).to.be.at.least(0.99)
  })
})
