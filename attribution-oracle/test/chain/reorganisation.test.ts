import { expect } from 'chai'
import type { BlockRef } from '../../src/domain'
import { isFault } from '../../src/errors'
import { EXIT, exitCodeOf } from '../../src/exitCode'
import { failureOf, OTHER, otherBlocks, Readers, SLOTS } from '../scene/readers'

describe('a reorganisation', () => {
  let readers: Readers

  beforeEach(async () => (readers = await Readers.start(12)))
  afterEach(() => readers.stop())

  it('above finality: tells how deep, and changes nothing', async () => {
    const reader = await readers.open()
    const before = await reader.finalizedBlock()
    const history = await reader.history(before.number)
    await readers.chain.anvil.mine(2)
    const { head } = await reader.heads()
    await readers.chain.anvil.reorganise(5)
    await reader.heads()
    const reorgs = readers.events.filter(({ kind }) => kind === 'reorg')
    expect(reorgs).to.deep.equal([{ kind: 'reorg', depth: 1, block: head }])
    expect(await reader.history(before.number)).to.deep.equal(history)
  })

  it('above finality, of blocks that were seen one by one: counts them all', async () => {
    const reader = await readers.open()
    for (let i = 0; i < 4; i++) {
      await readers.chain.anvil.mine(1)
      await reader.heads()
    }
    const { head } = await reader.heads()
    await readers.chain.anvil.reorganise(3)
    await readers.chain.anvil.mine(1)
    await reader.heads()
    const reorgs = readers.events.filter(({ kind }) => kind === 'reorg')
    expect(reorgs).to.deep.equal([{ kind: 'reorg', depth: 3, block: head - 2 }])
    await reader.heads()
    expect(readers.events.filter(({ kind }) => kind === 'reorg')).to.have.length(1)
  })

  /** Replaces blocks that were final when they were stored. */
  async function rewrite(): Promise<BlockRef> {
    const reader = await readers.open()
    const { number } = await reader.finalizedBlock()
    await reader.history(number)
    await readers.chain.anvil.reorganise(2 * SLOTS + 3)
    await readers.chain.anvil.settle()
    return (await readers.logs.cursor())!
  }

  it('below finality: halts with the block, as broken, and rewrites nothing', async () => {
    const cursor = await rewrite()
    const logs = await readers.storedLogs()
    const reader = await readers.open({ urls: readers.both })
    for (const work of [() => reader.finalizedBlock(), () => reader.history(cursor.number)]) {
      const fault = await failureOf(work())
      expect(isFault(fault, 'REORG_BELOW_FINALITY') && [fault.data.block, fault.data.expected]).to.deep.equal(
        [cursor.number, cursor.hash],
      )
      expect(exitCodeOf(fault)).to.equal(EXIT.broken)
    }
    expect([await readers.logs.cursor(), await readers.storedLogs()]).to.deep.equal([cursor, logs])
  })

  it('below finality, while the process runs: halts as well', async () => {
    const reader = await readers.open()
    const before = await reader.finalizedBlock()
    await readers.chain.anvil.reorganise(2 * SLOTS + 3)
    await readers.chain.anvil.settle()
    const fault = await failureOf(reader.finalizedBlock())
    expect(isFault(fault, 'REORG_BELOW_FINALITY') && fault.data.block).to.equal(before.number)
  })

  it('below finality that one endpoint alone shows: refuses that endpoint and goes on', async () => {
    const reader = await readers.open({ urls: readers.both })
    const { number } = await reader.finalizedBlock()
    const history = await reader.history(number)
    readers.first.fault = otherBlocks()
    expect(await reader.history(number)).to.deep.equal(history)
    const refused = readers.events.find(event => event.kind === 'endpoint' && !event.up)
    expect(refused)
      .to.deep.include({ endpoint: readers.first.host })
      .and.to.have.property('reason')
      .that.contains(OTHER)
  })
})
