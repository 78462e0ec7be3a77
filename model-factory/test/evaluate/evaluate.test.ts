import {
  DirectSession,
  encodeModel,
  forwardModel,
  initialWeights,
  tensor,
  trainBpe,
} from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { evaluate, windowsOf } from '../../src'
import { smallCorpus } from '../scene/trainingScene'

describe('evaluate', () => {
  const { heldOut } = smallCorpus()
  const tokenizer = trainBpe(
    heldOut.files.map(({ bytes }) => bytes),
    { vocabSize: 280 },
  )
  const config = { vocabSize: 280, width: 16, layers: 1, heads: 2, mlpWidth: 32, contextLength: 24 }
  const model = encodeModel(forwardModel(config, initialWeights(config, 'test')))
  const options = { model, tokenizer, contextLength: 24 }

  it('is the mean of -log softmax over all tokens and one end of text per file', async () => {
    const [file] = heldOut.files
    const windows = windowsOf(tokenizer.encode(file!.bytes), tokenizer.endOfText, 24)
    const session = await DirectSession.create({ model })
    let nats = 0
    let tokens = 0
    for (const window of windows) {
      const { logits } = await session.run({ tokens: tensor('int64', [1, 24], window.tokens) })
      window.targets.forEach((target, t) => {
        if (target === -1) return
        const row = Array.from(logits!.data.slice(t * 280, (t + 1) * 280), Number)
        nats += Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[target]!
        tokens++
      })
    }
    await session.close()
    const loss = await evaluate(options, [file!])
    expect(loss.tokens).to.equal(tokens)
    expect(loss.lossPerToken).to.be.closeTo(nats / tokens, 1e-5)
    expect(loss.bitsPerByte).to.be.closeTo(nats / Math.LN2 / file!.bytes.length, 1e-5)
  })

  it('does not depend on the number of workers', async () => {
    const alone = await evaluate(options, heldOut.files)
    expect(await evaluate({ ...options, workers: 2 }, heldOut.files)).to.deep.equal(alone)
  })

  it('reports every batch and stops when told to', async () => {
    const seen: string[] = []
    await evaluate(
      { ...options, onProgress: ({ done, total }) => seen.push(`${done}/${total}`) },
      heldOut.files,
    )
    expect(seen.at(-1)).to.match(/^(\d+)\/\1$/)
    const reason = new Error('enough')
    const act = evaluate({ ...options, signal: AbortSignal.abort(reason) }, heldOut.files)
    expect(await act.catch((error: unknown) => error)).to.equal(reason)
  })
})
