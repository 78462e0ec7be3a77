import { expect } from 'chai'
import { createLiveStatus, isLive, linesOf, type ShownStatus } from '../../src/cli/liveStatus'

const status: ShownStatus = {
  ready: false,
  reasons: ['no RPC endpoint answers: rpc.example', 'post: too few'],
  blocks: { head: 12, finalized: 10, indexed: 9 },
  epochs: [
    { epoch: 1, state: 'final' },
    { epoch: 2, state: 'submitted', deadline: 1060 },
  ],
}

/** What a terminal would show: it knows "up" and "erase below". */
function screenOf(written: string): string[] {
  const lines = ['']
  for (const part of written.split(/(\x1b\[\d*[AJ]|\n)/)) {
    const up = /^\x1b\[(\d+)A$/.exec(part)
    if (up) lines.splice(lines.length - 1 - Number(up[1]))
    if (up || part === '\n') lines.push('')
    else if (!part.startsWith('\x1b')) lines[lines.length - 1] += part
  }
  return lines.slice(0, -1)
}

describe('the live status', () => {
  it('is for a person at a terminal alone', () => {
    const out = { write: () => true, isTTY: true }
    expect(isLive(out, {})).to.equal(true)
    expect(isLive(out, { CI: '1' })).to.equal(false)
    expect(isLive(out, { TERM: 'dumb' })).to.equal(false)
    expect(isLive({ ...out, isTTY: false }, {})).to.equal(false)
  })

  it('says what is missing, where the chain is, and the newest epochs first', () => {
    expect(linesOf(status, 'operator', 1000)).to.deep.equal([
      '',
      'operator',
      'not ready: no RPC endpoint answers: rpc.example, and 1 more',
      'chain   head 12, finalized 10, read up to 9',
      'epoch 2  submitted, 60 s of the challenge window left',
      'epoch 1  final',
    ])
    expect(linesOf({ ready: true, reasons: [], epochs: [] }, 'verifier', 0)).to.include.members([
      'ready',
      'chain   not read yet',
      'epochs  none is open',
    ])
  })

  it('is rewritten in place, below what is logged meanwhile', () => {
    let written = ''
    const out = { write: (text: string) => (written += text), isTTY: true, columns: 40 }
    const live = createLiveStatus(out, 'operator', () => 1000)
    live.show(status)
    live.above('a line of the log')
    live.show({ ...status, ready: true, epochs: [] })
    expect(screenOf(written)).to.deep.equal([
      'a line of the log',
      '',
      'operator',
      'ready',
      'chain   head 12, finalized 10, read up ',
      'epochs  none is open',
    ])
  })
})
