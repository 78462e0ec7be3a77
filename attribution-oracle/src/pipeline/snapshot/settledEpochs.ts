import { parseDocument, postDocument, type Post } from '../../domain'
import type { TableDump } from '../../store'

/** Which epochs a dump holds, read off its rows as they pass: asking the store again would ask of another moment. */
export class SettledEpochs {
  /** of settled epochs, in their order */
  readonly posts: Post[] = []
  /** 0 before the first */
  lastFinal = 0

  async *of({ table, rows }: Pick<TableDump, 'table' | 'rows'>): AsyncIterable<string> {
    for await (const row of rows) {
      if (table === 'epochs') this.epoch(row)
      if (table === 'results' && row.includes('"settled/post"')) this.post(row)
      yield row
    }
  }

  private epoch(row: string): void {
    const { epoch, state } = JSON.parse(row) as { epoch: number; state: string }
    if (state === 'final') this.lastFinal = Math.max(this.lastFinal, epoch)
  }

  private post(row: string): void {
    const { name, bytes } = JSON.parse(row) as { name: string; bytes: string }
    // PostgreSQL writes bytes as \x and hexadecimal digits
    if (name === 'settled/post')
      this.posts.push(parseDocument(postDocument, 'stored post', Buffer.from(bytes.slice(2), 'hex')))
  }
}
