import { expect } from 'chai'
import fc from 'fast-check'
import type { ServiceEvent } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import {
  createLogger,
  createRedact,
  logFault,
  nextStep,
  observeLog,
  type LogOptions,
} from '../../src/logging'
import { EVERY_EVENT } from '../metrics/everyEvent'

const KEY = `0x${'4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d'}`
const PASSWORD = 'correct "horse" battery\\staple'
const RPC =
  'https://user:p%40ssw0rd@mainnet.rpc.example/v3/9aa3d95b3bc440fa88ea12eaa4456161?auth=abcdefgh12345678'
const SECRETS = [KEY, PASSWORD, RPC]

class Lines {
  text = ''
  constructor(readonly isTTY = false) {}
  write(text: string): void {
    this.text += text
  }
  get entries(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .flatMap(line => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }
}

const logTo = (lines: Lines, options: Partial<LogOptions> = {}) =>
  createLogger({ level: 'trace', format: 'json', destination: lines, secrets: SECRETS, ...options })

const logged = (event: ServiceEvent): Record<string, unknown> => {
  const lines = new Lines()
  observeLog(logTo(lines))(event)
  return lines.entries[0]!
}

describe('observeLog', () => {
  it('writes one line of JSON for every kind of event', () => {
    for (const [kind, event] of Object.entries(EVERY_EVENT)) {
      const entry = logged(event)
      expect(entry['event']).to.equal(kind)
      expect(entry['msg']).to.be.a('string').that.does.not.include('undefined')
      expect(entry['time']).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    }
  })

  it('says error where a person is needed, and what to do next', () => {
    const mismatch = logged({
      kind: 'verified',
      epoch: 4,
      agrees: false,
      part: 'ledger',
      got: '1',
      expected: '2',
    })
    expect([mismatch['level'], mismatch['msg']]).to.deep.equal([
      'error',
      'the post of epoch 4 differs in ledger: got 1, expected 2',
    ])
    expect(mismatch['next']).to.include('epoch diff -e 4')
    const failed = { ...EVERY_EVENT.failed, code: 'REORG_BELOW_FINALITY', message: 'hash of block 9' }
    const { retryIn: _, ...ended } = failed
    expect(logged(failed)['level']).to.equal('warn')
    expect(logged(ended)).to.include({ level: 'error', code: 'REORG_BELOW_FINALITY' })
    expect(logged(ended)['next']).to.match(/^stop/)
    expect(logged({ ...EVERY_EVENT.transaction, result: 'reverted' })['level']).to.equal('error')
    expect(logged({ ...EVERY_EVENT.peer, state: 'differs' })['level']).to.equal('error')
    expect(logged({ ...EVERY_EVENT.peer, state: 'behind', early: true })['level']).to.equal('info')
    expect(logged({ ...EVERY_EVENT.peer, state: 'behind' })['level']).to.equal('warn')
    expect(logged({ ...EVERY_EVENT.worker, state: 'quarantined' })['level']).to.equal('error')
    expect(logged({ ...EVERY_EVENT.challenge, sent: false })['next']).to.include('--confirm')
  })

  it('says once what does not change, and again when it does', () => {
    const lines = new Lines()
    const observe = observeLog(logTo(lines))
    for (const state of ['waiting', 'waiting', 'closed', 'closed', 'scored'] as const)
      observe({ kind: 'epoch', epoch: 7, state })
    for (const state of ['unreachable', 'unreachable', 'agrees'] as const)
      observe({ kind: 'peer', peer: 'b.example', epoch: 7, state })
    expect(lines.entries.map(({ state }) => state)).to.deep.equal([
      ...['waiting', 'closed', 'scored'],
      ...['unreachable', 'agrees'],
    ])
  })

  it('keeps what comes many times a second below info', () => {
    const lines = new Lines()
    const observe = observeLog(logTo(lines, { level: 'info' }))
    for (const kind of ['rpc', 'blocks', 'content', 'request', 'proofs', 'shard', 'balance'] as const)
      observe(EVERY_EVENT[kind])
    expect(lines.text).to.equal('')
  })

  it('is for people on a terminal, where pino-pretty is installed', () => {
    const lines = new Lines(true)
    observeLog(logTo(lines, { format: 'auto' }))(EVERY_EVENT.posted)
    expect(lines.text).to.include('epoch 3 is posted')
    expect(() => lines.entries).to.throw(SyntaxError)
    const piped = new Lines(false)
    observeLog(logTo(piped, { format: 'auto' }))(EVERY_EVENT.posted)
    expect(piped.entries.length).to.equal(1)
  })

  it('survives an event that is not what it should be', () => {
    const lines = new Lines()
    const observe = observeLog(logTo(lines))
    observe({ kind: 'stage', epoch: 1, stage: 's', items: 1, seconds: undefined as unknown as number })
    observe({ kind: 'nothing' } as unknown as ServiceEvent)
    expect(lines.entries.map(({ level }) => level)).to.deep.equal(['error', 'error'])
  })
})

describe('logFault', () => {
  it('names the code, the next step and the causes', () => {
    const lines = new Lines()
    const cause = new Error(`request to ${RPC} failed`)
    const fault = new AttributionOracleError(
      'RPC_FAILED',
      { what: 'The chain does not answer' },
      { method: 'eth_call', cause: 'timeout' },
      { cause },
    )
    logFault(logTo(lines), fault, 'run')
    const [entry] = lines.entries
    expect(entry).to.include({ level: 'fatal', code: 'RPC_FAILED', next: nextStep('RPC_FAILED') })
    expect(entry!['causes']).to.deep.equal(['request to [redacted] failed'])
  })
})

describe('redaction', () => {
  const disguises: ((secret: string) => string)[] = [
    secret => secret,
    secret => `${secret}/`,
    secret => encodeURIComponent(secret),
    secret => JSON.stringify({ request: { body: secret } }),
    secret => JSON.stringify(JSON.stringify(secret)),
    secret => Buffer.from(secret).toString('base64'),
    secret => secret.toUpperCase(),
    secret => secret.replace(/^0x/, ''),
    secret => `https://a.example/${encodeURIComponent(secret)}?x=${secret}`,
  ]
  const secret = fc.oneof(
    fc.constantFrom(...SECRETS),
    fc.constant('p%40ssw0rd'),
    fc.constant('p@ssw0rd'),
    fc.constant('9aa3d95b3bc440fa88ea12eaa4456161'),
    fc.constant('abcdefgh12345678'),
  )
  const hidden = fc
    .tuple(fc.string(), secret, fc.constantFrom(...disguises), fc.string())
    .map(([before, value, disguise, after]) => `${before}${disguise(value)}${after}`)

  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
  /** Forms of the secrets that none of them may be readable in. */
  const FORBIDDEN = [
    ...[inJson(inJson(PASSWORD)), inJson(inJson(inJson(PASSWORD)))],
    ...[KEY, KEY.slice(2), PASSWORD, inJson(PASSWORD), RPC, 'p%40ssw0rd', 'p@ssw0rd'],
    ...['9aa3d95b3bc440fa88ea12eaa4456161', 'abcdefgh12345678', Buffer.from(KEY).toString('base64')],
    ...[encodeURIComponent(PASSWORD), encodeURIComponent(RPC)],
  ].map(text => text.toLowerCase())
  const expectNone = (text: string): void => {
    for (const form of FORBIDDEN) expect(text.toLowerCase()).to.not.include(form)
  }

  it('holds whatever secret is put into any field of any event', () => {
    const kinds = Object.values(EVERY_EVENT)
    fc.assert(
      fc.property(fc.constantFrom(...kinds), hidden, fc.boolean(), (event, text, pretty) => {
        const lines = new Lines()
        const observe = observeLog(logTo(lines, { format: pretty ? 'pretty' : 'json' }))
        for (const name of Object.keys(event)) {
          if (name === 'kind') continue
          observe({ ...event, [name]: text } as ServiceEvent)
          observe({ ...event, [name]: { deep: [{ [text]: text }] } } as unknown as ServiceEvent)
          observe({ ...event, reason: text } as ServiceEvent)
        }
        expectNone(lines.text)
      }),
      { numRuns: 300 },
    )
  })

  it('holds in every field of an error, and in its causes', () => {
    fc.assert(
      fc.property(hidden, hidden, (text, other) => {
        const lines = new Lines()
        const logger = logTo(lines)
        const cause = Object.assign(new Error(other), { requestUrl: RPC, info: { payload: text } })
        const report = { what: text, got: other, expected: text, fix: other }
        const fault = new AttributionOracleError(
          'RPC_FAILED',
          report,
          { method: text, cause: other },
          { cause },
        )
        logFault(logger, fault, text)
        logFault(logger, cause, other)
        logger.error(cause, text)
        logger.error({ err: fault, list: [cause] }, other)
        logger.info(text)
        expectNone(lines.text)
      }),
      { numRuns: 300 },
    )
  })

  it('leaves what is no secret as it was', () => {
    const redact = createRedact(SECRETS)
    const digest = `0x${'ab'.repeat(32)}`
    const value = {
      hash: digest,
      text: 'epoch 3 is posted',
      list: [1, null, true],
      host: 'mainnet.rpc.example',
    }
    expect(redact(value)).to.deep.equal(value)
  })

  it('names unknown URLs by scheme and host, and hides what stands under the name of a secret', () => {
    const redact = createRedact([])
    expect(redact('postgres://oracle:hunter2@db.example:5432/oracle?sslmode=require is down')).to.equal(
      'postgres://db.example:5432 is down',
    )
    expect(redact({ password: 'x', operatorKey: KEY, nested: { apiKey: 'y' } })).to.deep.equal({
      ...{ password: '[redacted]', operatorKey: '[redacted]' },
      nested: { apiKey: '[redacted]' },
    })
  })

  it('takes a very short secret out where it is a whole value, and leaves words alone', () => {
    const redact = createRedact(['abc'])
    expect(redact({ value: 'abc', word: 'abcdef' })).to.deep.equal({ value: '[redacted]', word: 'abcdef' })
  })
})
