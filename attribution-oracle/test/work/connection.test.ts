import { expect } from 'chai'
import { nkeys } from '@nats-io/transport-node'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ServiceEvent } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { connectNats, hostOf, type NatsAccess } from '../../src/work/connection'
import { natsInstalled, type NatsServer, startNatsServer } from '../scene/natsServer'
import { needs } from '../scene/program'

const run = promisify(execFile)

describe('the connection to NATS', () => {
  let nats: NatsServer
  let events: ServiceEvent[]
  const observe = (event: ServiceEvent): void => void events.push(event)

  before(async function () {
    if (!natsInstalled()) this.skip()
    nats = await startNatsServer({ user: 'oracle', password: 'p@ss word/1' })
  })
  after(() => nats?.stop())
  beforeEach(() => (events = []))

  it('logs in with what the URL holds, and tells nobody', async () => {
    const { signal } = new AbortController()
    const connection = await connectNats({ natsUrl: nats.url, name: 'test', observe, signal })
    await connection.flush()
    await connection.close()
    expect(events).to.deep.equal([{ kind: 'queue', queue: new URL(nats.url).host, up: true }])
  })

  it('tries again for as long as it is let, and says why, without the password', async () => {
    const url = nats.url.replace(/oracle:[^@]*/, 'oracle:wrong-secret')
    const controller = new AbortController()
    const failure = connectNats({
      natsUrl: url,
      name: 'test',
      observe: event => {
        observe(event)
        controller.abort()
      },
      signal: controller.signal,
    })
    const aborted = once(controller.signal, 'abort')
    const error = await failure.catch((reason: unknown) => reason)
    await aborted
    expect(error).to.be.instanceOf(AttributionOracleError).with.property('code', 'ABORTED')
    expect(events).to.have.length(1)
    expect(events[0]).to.include({ kind: 'queue', up: false })
    expect(JSON.stringify(events)).to.not.contain('wrong-secret')
  })

  it('refuses a URL that is none, without showing it', () => {
    for (const url of ['', 'localhost', 'http://localhost:4222', 'nats://', 'secret@host'])
      expect(() => hostOf({ natsUrl: url }))
        .to.throw(AttributionOracleError)
        .that.satisfies(
          (error: AttributionOracleError) =>
            error.code === 'INVALID_ARGUMENT' && !error.message.includes('secret'),
        )
    for (const url of ['nats://host', 'tls://host:1', 'nats://token@host', 'nats://user:secret@host:4222'])
      hostOf({ natsUrl: url })
  })

  describe('given a server with a certificate of its own', () => {
    let folder: string
    let secured: NatsServer
    before(async function () {
      needs(this, 'openssl')
      folder = await mkdtemp(join(tmpdir(), 'nats-tls-'))
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
      const self = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ]
      const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
      await run('openssl', [...self, ...names, '-keyout', key, '-out', certificate])
      secured = await startNatsServer(undefined, ['--tls', '--tlscert', certificate, '--tlskey', key])
    })
    after(async () => {
      await secured?.stop()
      if (folder) await rm(folder, { recursive: true })
    })

    it('trusts the one that natsCa names, and no other', async () => {
      const natsUrl = `tls://localhost:${new URL(secured.url).port}`
      const { signal } = new AbortController()
      const natsCa = join(folder, 'certificate.pem')
      const connection = await connectNats({ natsUrl, natsCa, name: 'test', observe, signal })
      await connection.flush()
      await connection.close()
      expect(await refusal({ natsUrl })).to.contain('self-signed')
    })
  })

  describe('given a server that asks for a JWT', () => {
    let folder: string
    let secured: NatsServer
    let credentials: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nats-jwt-'))
      const [operator, user] = [nkeys.createOperator(), nkeys.createUser()]
      const [account, system] = [nkeys.createAccount(), nkeys.createAccount()]
      const open = { subs: -1, data: -1, payload: -1 }
      const limits = { ...open, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true }
      const accounts = [account, system].map(
        each => `${each.getPublicKey()}: ${jwt(operator, each, { type: 'account', limits })}`,
      )
      const config = [
        `operator: ${jwt(operator, operator, { type: 'operator' })}`,
        `system_account: ${system.getPublicKey()}`,
        'resolver: MEMORY',
        `resolver_preload: { ${accounts.join(', ')} }`,
      ]
      await writeFile(join(folder, 'nats.conf'), config.join('\n'))
      const asked = jwt(account, user, { type: 'user', pub: {}, sub: {}, ...open })
      const seed = new TextDecoder().decode(user.getSeed())
      credentials = [
        '-----BEGIN NATS USER JWT-----',
        asked,
        '------END NATS USER JWT------',
        '',
        '-----BEGIN USER NKEY SEED-----',
        seed,
        '------END USER NKEY SEED------',
        '',
      ].join('\n')
      secured = await startNatsServer(undefined, ['-c', join(folder, 'nats.conf')])
    })
    after(async () => {
      await secured?.stop()
      if (folder) await rm(folder, { recursive: true })
    })

    it('logs in with what stands in a .creds file', async () => {
      const { signal } = new AbortController()
      const access = { natsUrl: secured.url, natsCredentials: credentials.trim() }
      const connection = await connectNats({ ...access, name: 'test', observe, signal })
      await connection.flush()
      await connection.close()
      expect(await refusal({ natsUrl: secured.url })).to.match(/authorization/i)
    })

    it('refuses what is no .creds file, and a user beside it, without showing either', () => {
      const wrong = [
        { natsUrl: secured.url, natsCredentials: 'secret' },
        { natsUrl: 'nats://user:secret@host', natsCredentials: credentials },
      ]
      for (const access of wrong)
        expect(() => hostOf(access))
          .to.throw(AttributionOracleError)
          .that.satisfies(
            ({ message }: Error) =>
              /natsCredentials/.test(message) && !/secret@|SU[A-Z0-9]{20}/.test(message),
          )
    })
  })

  /** Why the server does not let us in. */
  async function refusal(access: NatsAccess): Promise<string> {
    const controller = new AbortController()
    let reason = ''
    const connecting = connectNats({
      ...access,
      name: 'test',
      observe(event) {
        if (event.kind === 'queue' && !event.up) reason = event.reason ?? ''
        controller.abort()
      },
      signal: controller.signal,
    })
    await connecting.then(
      connection => connection.close(),
      () => undefined,
    )
    return reason
  }
})

type Keys = ReturnType<typeof nkeys.createUser>

/** A claim as NATS has them: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt */
function jwt(issuer: Keys, subject: Keys, nats: object): string {
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const names = { iss: issuer.getPublicKey(), sub: subject.getPublicKey() }
  const claims = { jti: 'test', iat: 1_700_000_000, name: 'test', ...names, nats: { ...nats, version: 2 } }
  const text = `${base64({ typ: 'JWT', alg: 'ed25519-nkey' })}.${base64(claims)}`
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`
}
