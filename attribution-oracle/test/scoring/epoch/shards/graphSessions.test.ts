import { expect } from 'chai'
import type { SessionPool } from '@open-datanets/onnx-engine'
import { GraphSessions } from '../../../../src/scoring/epoch/shards/graphSessions'

describe('GraphSessions', () => {
  let sessions: GraphSessions
  let log: string[]

  beforeEach(() => {
    sessions = new GraphSessions()
    log = []
  })

  /** Stands for the threads of a graph; only when they open and close is looked at. */
  const open = (key: string) => (): Promise<SessionPool> => {
    log.push(`open ${key}`)
    return Promise.resolve({ close: () => Promise.resolve(void log.push(`close ${key}`)) } as SessionPool)
  }
  const use = (key: string, name: string, work = (): Promise<void> => Promise.resolve()): Promise<void> =>
    sessions.use(key, open(key), async () => {
      log.push(`begin ${name}`)
      await work()
      log.push(`end ${name}`)
    })

  it('shares the sessions of one graph, and closes them before those of the next open', async () => {
    await Promise.all([use('a', '1'), use('a', '2'), use('b', '3')])
    await sessions.close()
    expect(log.filter(each => /open|close/.test(each))).to.deep.equal([
      'open a',
      'close a',
      'open b',
      'close b',
    ])
    expect(log.indexOf('begin 2')).to.be.below(log.indexOf('end 1'))
    expect(log.indexOf('begin 3')).to.be.above(log.indexOf('end 2'))
  })

  it('lets nobody overtake who waits for another graph', async () => {
    await Promise.all([use('a', '1'), use('b', '2'), use('a', '3')])
    expect(log.filter(each => each.startsWith('begin'))).to.deep.equal(['begin 1', 'begin 2', 'begin 3'])
  })

  it('opens others after a failure, and after it was closed', async () => {
    const failure = use('a', '1', () => Promise.reject(new RangeError('died'))).catch(
      (error: unknown) => error,
    )
    expect(await failure).to.be.instanceOf(RangeError)
    await use('a', '2')
    await sessions.close()
    await use('a', '3')
    await sessions.close()
    await sessions.close()
    expect(log.filter(each => /open|close/.test(each))).to.deep.equal([
      ...['open a', 'close a'],
      ...['open a', 'close a'],
      ...['open a', 'close a'],
    ])
  })

  it('goes on after sessions that did not open', async () => {
    const refused = (): Promise<SessionPool> => Promise.reject(new RangeError('no such graph'))
    const failures = [1, 2].map(() =>
      sessions.use('a', refused, () => Promise.resolve()).catch((error: unknown) => error),
    )
    for (const failure of await Promise.all(failures)) expect(failure).to.be.instanceOf(RangeError)
    await use('b', '1')
    expect(log).to.deep.equal(['open b', 'begin 1', 'end 1'])
  })
})
