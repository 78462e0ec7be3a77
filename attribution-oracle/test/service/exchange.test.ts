import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceEvent } from '../../src/domain'
import { collectWords, type Proposal } from '../../src/service/exchange'
import { Memory } from '../../src/service/memory'
import type { Round } from '../../src/service/round'

const MEMBERS = ['0x01', '0x02', '0x03', '0x04']
const PROPOSAL = {
  post: { epoch: 7 },
  digest: '0xd1',
  operators: { members: MEMBERS, faults: 1 },
} as unknown as Proposal

describe('collectWords', () => {
  let peer: Server
  before(async () => {
    peer = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
    await once(peer, 'listening')
  })
  after(() => void peer.close())

  const told = async (submissionDelayMs: number): Promise<ServiceEvent[]> => {
    const events: ServiceEvent[] = []
    const observe = (event: ServiceEvent): void => void events.push(event)
    const memory = new Memory({ submissionDelayMs, once: false, observe })
    const peers = [`http://127.0.0.1:${(peer.address() as AddressInfo).port}`]
    const round = { memory, options: { peers, signal: new AbortController().signal } } as unknown as Round
    expect(await collectWords(round, PROPOSAL)).to.deep.equal([])
    return events
  }

  it('a peer that has signed nothing is early while operators may still take their turns', async () => {
    const [event] = await told(1e9)
    expect(event).to.include({ kind: 'peer', state: 'behind', early: true })
  })

  it('and behind when all turns have passed', async () => {
    const [event] = await told(0)
    expect(event).to.include({ kind: 'peer', state: 'behind' }).and.to.not.have.property('early')
  })
})
