import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { decodeNpy } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { banzhafValues, randomCoalitions } from '../../../src/scoring/audit/banzhaf'
import { auditEpoch, epochAudit } from '../../../src/scoring/audit/epochAudit'
import { pearson } from '../../../src/scoring/audit/rankCorrelation'

const FOLDER = process.env['OPEN_DATANETS_DATA'] ?? resolve(__dirname, '../../../../../shared/data')
const GAME = join(FOLDER, 'attribution/game/lr_utility.npy')
const PLAYERS = 12

describe('banzhafValues', () => {
  it('gives an additive game back', () => {
    const worth = [3, -1, 0.5, 2]
    const members = Uint8Array.from({ length: 16 * 4 }, (_, at) => (Math.floor(at / 4) >> (at % 4)) & 1)
    const utilities = Float64Array.from({ length: 16 }, (_, c) =>
      worth.reduce((sum, value, p) => sum + value * members[4 * c + p]!, 0),
    )
    const { values } = banzhafValues({ players: 4, members, utilities })
    worth.forEach((value, p) => expect(values[p]).to.be.closeTo(value, 1e-12))
  })
  it('refuses a contributor that was never left out', () => {
    expect(() =>
      banzhafValues({ players: 1, members: Uint8Array.of(1, 1), utilities: Float64Array.of(1, 2) }),
    ).to.throw(/some with and some without/)
  })
})

describe('auditEpoch', () => {
  describe('given a game of which every coalition was trained', () => {
    let game: Float64Array
    before(function () {
      if (!existsSync(GAME)) {
        if (process.env['CI']) expect.fail(`no data at ${GAME}`)
        this.skip()
      }
      const { data, shape } = decodeNpy(new Uint8Array(readFileSync(GAME)))
      game = Float64Array.from({ length: shape[0]! }, (_, coalition) => Number(data[2 * coalition]))
    })

    const exact = (): Float64Array => {
      const members = Uint8Array.from(
        { length: 4096 * PLAYERS },
        (_, at) => (Math.floor(at / PLAYERS) >> (at % PLAYERS)) & 1,
      )
      return banzhafValues({ players: PLAYERS, members, utilities: game }).values
    }
    const sampled = (count: number, seed: string) => {
      const members = randomCoalitions(PLAYERS, count, seed)
      const utilities = Float64Array.from({ length: count }, (_, c) => {
        let index = 0
        for (let p = 0; p < PLAYERS; p++) index |= members[c * PLAYERS + p]! << p
        return game[index]!
      })
      return { players: PLAYERS, members, utilities }
    }

    it('comes close to the exact values with 400 retrainings', () => {
      const truth = exact()
      const figures = ['a', 'b', 'c', 'd', 'e'].map(seed =>
        pearson(truth, banzhafValues(sampled(400, seed)).values),
      )
      figures.sort((a, b) => a - b)
      expect(figures[2]).to.be.greaterThan(0.97)
    })

    it('publishes how payment agrees, with an interval', () => {
      const paid = exact()
      const audit = auditEpoch({
        ...{ epoch: 7, seed: 'reveal', paid, coalitions: sampled(400, 'x') },
        contributors: Array.from({ length: PLAYERS }, (_, p) => `0x${p}`),
      })
      expect(epochAudit.parse(JSON.parse(JSON.stringify(audit)))).to.deep.equal(audit)
      expect(audit.retrainings).to.equal(400)
      expect(audit.pearson!.low).to.be.lessThan(audit.pearson!.high)
      expect(audit.pearson!.value).to.be.greaterThan(0.9)
    })
  })

  it('gives no correlation of two contributors', () => {
    const members = randomCoalitions(2, 40, 's')
    const coalitions = { players: 2, members, utilities: Float64Array.from({ length: 40 }, (_, i) => i % 3) }
    const audit = auditEpoch({ epoch: 1, seed: 's', contributors: ['a', 'b'], paid: [1, 2], coalitions })
    expect(audit.pearson).to.equal(null)
  })
})
