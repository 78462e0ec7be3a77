import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf, healthCommand, stagesOf } from './dockerfile'
import { OPS, opsFile, opsYaml } from './ops'

interface Service {
  image: string
  build?: { context: string; dockerfile: string }
  user?: string
  command?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  restart?: string
  environment?: Record<string, string>
  secrets?: (string | { source: string; target: string })[]
  volumes?: string[]
  ports?: string[]
  networks?: string[]
  privileged?: boolean
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test?: string[]; disable?: boolean }
  deploy?: { resources: { limits: { cpus: string; memory: string; pids: number } } }
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  networks: Record<string, { internal?: boolean }>
  secrets: Record<string, { file: string }>
}

describe('compose.yaml', () => {
  let compose: Compose
  let services: [string, Service][]
  before(async () => {
    compose = await opsYaml<Compose>('compose.yaml')
    services = Object.entries(compose.services)
  })

  it('has an oracle, workers, PostgreSQL, NATS, Prometheus and Grafana', () => {
    expect(Object.keys(compose.services)).to.have.members([
      ...['oracle', 'worker', 'postgres', 'nats', 'prometheus', 'grafana'],
    ])
  })

  it('takes from every process what it does not need', () => {
    for (const [name, service] of services) {
      expect(service.read_only, name).to.equal(true)
      expect(service.cap_drop, name).to.deep.equal(['ALL'])
      expect(service.security_opt, name).to.include('no-new-privileges:true')
      expect(service.privileged, name).to.equal(undefined)
      expect(service.restart, name).to.equal('unless-stopped')
      const { cpus, memory, pids } = service.deploy!.resources.limits
      expect([Number(cpus) > 0, /^\d+[mg]$/.test(memory), pids > 0], name).to.deep.equal([true, true, true])
    }
  })

  it('pins what it pulls, and builds its own from files that exist', async () => {
    for (const [name, { image, build }] of services) {
      expect(image, name).to.match(/:[\w.-]+$/)
      expect(image, name).to.not.match(/:latest$/)
      if (build) expect(existsSync(join(OPS, build.context, build.dockerfile)), name).to.equal(true)
    }
    const [user] = argumentsOf((await stagesOf()).at(-1)!, 'USER')
    for (const name of ['oracle', 'worker']) expect(compose.services[name]!.user).to.equal(user)
  })

  it('has every secret in a file, and each process those that it needs', () => {
    const used = new Set<string>()
    for (const [name, { environment = {}, secrets = [], command = [] }] of services) {
      for (const secret of secrets) used.add(typeof secret === 'string' ? secret : secret.source)
      for (const [variable, value] of Object.entries(environment)) {
        if (!/PASSWORD|SECRET|TOKEN|KEY|_URLS?(_|$)/.test(variable)) continue
        expect(value, `${name}: ${variable}`).to.match(/^\/run\/secrets\/\w+$/)
        const file = value.split('/').at(-1)!
        expect(secrets, `${name}: ${variable}`).to.include(file)
      }
      expect(command.join(' '), name).to.not.match(/:\/\/[^ ]*@|password/i)
    }
    expect([...used].sort()).to.deep.equal(Object.keys(compose.secrets).sort())
  })

  it('keeps secrets out of git, and says what each one holds', async () => {
    const readme = await opsFile('secrets/README.md')
    for (const { file } of Object.values(compose.secrets)) {
      expect(file).to.match(/^\.\/secrets\//)
      expect(readme).to.include(`\`${file.split('/').at(-1)}\``)
    }
    expect(await opsFile('secrets/.gitignore')).to.match(/^\*$/m)
  })

  it('asks every process whether it is well, and waits for those it needs', async () => {
    for (const [name, { healthcheck, depends_on = {} }] of services) {
      expect(healthcheck?.test?.[0], name).to.equal('CMD')
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        expect(condition, `${name} on ${needed}`).to.equal('service_healthy')
        expect(compose.services[needed]?.healthcheck?.test, needed).to.be.an('array')
      }
    }
    const script = healthCommand((await stagesOf()).at(-1)!).at(-1)!
    const own = compose.services['oracle']!.healthcheck!.test!.at(-1)!
    expect(own.replace("'http://127.0.0.1:8787/health'", '')).to.equal(
      script.replace("'http://127.0.0.1:' + (process.env.ORACLE_HTTP_PORT ?? 8787) + '/health'", ''),
    )
  })

  it('asks workers where they listen, and Prometheus does, too', async () => {
    const { environment, healthcheck } = compose.services['worker'] as unknown as {
      environment: Record<string, string>
      healthcheck: { test: string[] }
    }
    const port = environment['ORACLE_WORKER_HTTP_PORT']!
    expect(healthcheck.test.at(-1)).to.contain(`127.0.0.1:${port}/health`)
    expect(await opsFile('prometheus/prometheus.yml')).to.match(
      new RegExp(`names: \\['worker'\\]\\s+type: A\\s+port: ${port}\\n`),
    )
  })

  it('shows nothing outside of the machine, and lets database, queue and workers out to nobody', () => {
    for (const [name, { ports = [], networks = [] }] of services) {
      for (const port of ports) expect(port, name).to.match(/^127\.0\.0\.1:/)
      for (const network of networks) expect(compose.networks, name).to.have.property(network)
    }
    expect(compose.networks['inside']?.internal).to.equal(true)
    for (const name of ['postgres', 'nats', 'worker'])
      expect(compose.services[name]!.networks).to.deep.equal(['inside'])
  })

  it('mounts what exists, and what is kept on volumes of its own', () => {
    const kept = new Set<string>()
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [source, , mode] = volume.split(':') as [string, string, string?]
        if (!source.startsWith('./')) kept.add(source)
        else if (source !== './system.json') expect(existsSync(join(OPS, source)), volume).to.equal(true)
        if (source.startsWith('./')) expect(mode, `${name}: ${volume}`).to.equal('ro')
      }
    }
    expect([...kept].sort()).to.deep.equal(Object.keys(compose.volumes).sort())
  })
})
