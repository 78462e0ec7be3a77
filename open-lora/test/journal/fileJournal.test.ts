import { expect } from 'chai'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileJournal } from '../../src/journal/fileJournal'
import type { JournalEntry } from '../../src/journal/journalEntry'
import { emptyChain, nextReceipt } from '../../src/receipts/receiptChain'
import { expectFault } from '../expectFault'

function entry(requestId: string): JournalEntry {
  const receipt = nextReceipt(emptyChain(0n), {
    requestId,
    modelId: 1,
    adapter: null,
    promptTokens: [0],
    outputTokens: [1, 2],
    price: 3n,
  })
  return {
    kind: 'receipt',
    payer: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    voucher: { cumulative: '9', signature: '0x' },
    receipt,
  }
}

describe('FileJournal', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'))
    path = join(folder, 'journal.jsonl')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('gives back what was appended, in the order of the calls', async () => {
    const { journal, entries } = await FileJournal.open(path)
    expect(entries).to.deep.equal([])
    const written = Array.from({ length: 50 }, (_, i) => entry(`request ${i}`))
    await Promise.all(written.map(one => journal.append(one)))
    await journal.close()
    const again = await FileJournal.open(path)
    expect(again.entries).to.deep.equal(written)
    await again.journal.close()
  })

  it('cuts off a last line that was never finished and goes on behind the one before', async () => {
    const first = await FileJournal.open(path)
    await first.journal.append(entry('kept'))
    await first.journal.close()
    await appendFile(path, '{"kind":"receipt","pay')

    const second = await FileJournal.open(path)
    expect(second.entries).to.deep.equal([entry('kept')])
    await second.journal.append(entry('next'))
    await second.journal.close()
    expect((await readFile(path, 'utf8')).split('\n')).to.have.length(3)
  })

  it('refuses a line in the middle that is no entry, and names it', async () => {
    await writeFile(path, '{"kind":"nonsense"}\n')
    await expectFault(FileJournal.open(path), 'JOURNAL_BROKEN', { line: 1 })
  })

  it('refuses a payer that is not an address', async () => {
    await writeFile(path, `${JSON.stringify({ ...entry('r'), payer: 'bob' })}\n`)
    await expectFault(FileJournal.open(path), 'JOURNAL_BROKEN', { line: 1, got: 'payer: an address' })
  })

  it('accepts nothing after a failed write', async () => {
    const { journal } = await FileJournal.open(path)
    await journal.close()
    await expectFault(journal.append(entry('lost')), 'JOURNAL_FAILED')
    await expectFault(journal.append(entry('later')), 'JOURNAL_FAILED')
  })
})
