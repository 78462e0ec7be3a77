import { expect } from 'chai'
import { sha256, type ScoreInput, type ShardRunner } from '../../../src/domain'
import { scoreEpoch } from '../../../src/scoring'
import { decodeEpochCodes, encodeEpochCodes, type EpochCodes } from '../../../src/scoring/epoch/epochCodes'
import { openLocalShards } from '../../../src/scoring/epoch/shards/localShards'
import { answer, tinyEpoch } from './tinyEpoch'

describe('scoreEpoch, computing a random share of committed codes again', () => {
  const epoch = tinyEpoch()
  const outputs = [answer(epoch.tokenize('function transfer(address to, uint256 amount)'))]
  const input: ScoreInput = { ...epoch, outputs }
  let own: Awaited<ReturnType<typeof scoreEpoch>>
  let honest: Uint8Array

  before(async () => {
    own = await scoreEpoch(input)
    honest = nudged()
  })

  /** Codes of another honest machine: two of them one apart. */
  const nudged = (): Uint8Array =>
    changed(({ checkpoints }) => {
      const { codes } = checkpoints[0]!.files
      for (const at of [0, 1]) codes[at]! += codes[at]! > 0 ? -1 : 1
    })
  const changed = (change: (codes: EpochCodes) => void): Uint8Array => {
    const codes = decodeEpochCodes(own.codes!)
    change(codes)
    return encodeEpochCodes(codes)
  }
  const against = async (theirs: Uint8Array | undefined, share: number) => {
    const local = openLocalShards(input)
    let windows = 0
    const shards: ShardRunner = {
      ahead: 1,
      run: (asked, options) => {
        for (const { document } of asked) for (const { from, to } of document.passages) windows += to - from
        return local.run(asked, options)
      },
    }
    try {
      const rescore = { share, seed: 'drawn after the codes were published' }
      const scored = await scoreEpoch({ ...input, shards, committed: () => Promise.resolve(theirs), rescore })
      return { scored, windows }
    } finally {
      await local.close()
    }
  }

  it('takes the codes over where the sample agrees, for less work', async () => {
    const { scored, windows } = await against(honest, 0.1)
    expect(scored.receipt.codes).to.equal(sha256(honest))
    const whole = await scoreEpoch({ ...input, committed: () => Promise.resolve(honest) })
    expect([...scored.value]).to.deep.equal([...whole.value])
    expect(scored.usage).to.deep.equal(whole.usage)
    expect([...scored.noise]).to.deep.equal([...whole.noise])
    expect(windows).to.be.lessThan((await against(undefined, 0.1)).windows * 0.8)
  })

  const LIES: [string, (codes: EpochCodes) => void][] = [
    ['the codes of every file', ({ checkpoints }) => checkpoints[0]!.files.codes.reverse()],
    ['a held-out text', ({ checkpoints }) => checkpoints[0]!.held.scales.fill(1)],
    ['an answer', ({ checkpoints }) => checkpoints[0]!.outputs.scales.fill(1)],
    ['the curvature', ({ checkpoints }) => checkpoints[0]!.curvature.codes.reverse()],
    ['the losses', ({ checkpoints }) => checkpoints[0]!.losses.fill(1)],
    ['self-influence', ({ checkpoints }) => checkpoints[0]!.selfInfluence.fill(1)],
    ['the loss of shuffled files', ({ order }) => order!.shuffled.fill(1)],
    ['the loss of shuffled held-out texts', ({ order }) => (order!.held[1] = 1)],
    ['the number of held-out tokens', ({ checkpoints }) => Object.assign(checkpoints[0]!, { heldTokens: 1 })],
  ]
  for (const [what, tell] of LIES)
    it(`computes everything where the sample differs in ${what}`, async () => {
      const { scored } = await against(changed(tell), 0.5)
      expect(scored.receipt).to.deep.equal(own.receipt)
      expect([...scored.estimates]).to.deep.equal([...own.estimates])
    })

  it('computes everything where a checkpoint is left out, and where the codes are withheld or no codes', async () => {
    const without = changed(codes => Object.assign(codes, { checkpoints: [] }))
    for (const theirs of [without, Buffer.from('no codes'), undefined])
      expect((await against(theirs, 0.1)).scored.receipt).to.deep.equal(own.receipt)
  })
})
