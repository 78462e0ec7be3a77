import { expect } from 'chai'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needs, run } from '../scene/program'
import {
  alertRules,
  dashboard,
  metricNames,
  namedIn,
  OPS,
  opsFile,
  opsYaml,
  queriesOf,
  runbook,
  type Rule,
} from './ops'

const PROMETHEUS = join(OPS, 'prometheus')
const TESTS = ['alerts.test.yml', 'alerts.days.test.yml']
/** Words of the run book that look like a metric and are none. */
const NO_METRIC = ['oracle_index', 'oracle_reorg', 'oracle_http_request_seconds_']

interface RuleTest {
  name: string
  alert_rule_test: { alertname: string; exp_alerts: unknown[] }[]
}

describe('alert rules', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-rules-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('are what promtool accepts, with a configuration that loads them', async function () {
    const promtool = needs(this, 'promtool')
    const rules = await run(promtool, ['check', 'rules', join(PROMETHEUS, 'alerts.yml')])
    expect(rules.code, rules.output).to.equal(0)
    const config = await run(promtool, ['check', 'config', join(PROMETHEUS, 'prometheus.yml')])
    expect(config.code, config.output).to.equal(0)
    expect(config.output).to.include('SUCCESS')
  })

  it('fire when they should and do not when they should not', async function () {
    const promtool = needs(this, 'promtool')
    const files = TESTS.map(file => join(PROMETHEUS, file))
    const { code, output } = await run(promtool, ['test', 'rules', ...files])
    expect(code, output).to.equal(0)
  })

  it('have a test each of both, which fails for another rule', async function () {
    const names = (await alertRules()).map(({ alert }) => alert)
    const tests: RuleTest[] = []
    for (const file of TESTS)
      tests.push(...(await opsYaml<{ tests: RuleTest[] }>(`prometheus/${file}`)).tests)
    for (const name of names) {
      const cases = tests.flatMap(test => test.alert_rule_test.filter(each => each.alertname === name))
      expect(cases.filter(each => each.exp_alerts.length > 0).length, `${name} fires`).to.be.above(0)
      expect(cases.filter(each => each.exp_alerts.length === 0).length, `${name} is quiet`).to.be.above(0)
    }
    const promtool = needs(this, 'promtool')
    for (const file of TESTS) await writeFile(join(folder, file), await opsFile(`prometheus/${file}`))
    const { groups } = await opsYaml<{ groups: { rules: Rule[] }[] }>('prometheus/alerts.yml')
    // every alert made never to fire, then always: each time all of them have to be noticed
    for (const expr of ['vector(0) > 1', 'vector(1)']) {
      const changed = groups.map(group => ({ ...group, rules: group.rules.map(rule => ({ ...rule, expr })) }))
      await writeFile(join(folder, 'alerts.yml'), JSON.stringify({ groups: changed }))
      const { code, output } = await run(promtool, [
        'test',
        'rules',
        ...TESTS.map(file => join(folder, file)),
      ])
      expect(code).to.not.equal(0)
      const failed = new Set([...output.matchAll(/alertname: ?(\w+)/g)].map(([, name]) => name))
      expect(names.filter(name => !failed.has(name))).to.deep.equal([])
    }
  })

  it('have a severity, and a chapter of the run book with every part', async () => {
    const text = await runbook()
    for (const { alert, labels, annotations } of await alertRules()) {
      expect(labels.severity, alert).to.be.oneOf(['warning', 'critical'])
      expect(annotations.runbook_url, alert).to.equal(`docs/runbook.md#${alert.toLowerCase()}`)
      const chapter = text.split(`#### ${alert}\n`)[1]?.split('\n####')[0]
      for (const part of ['**What it means.**', '**Confirm.**', '**Do.**', '1. ', annotations.summary])
        expect(chapter, `${alert}: ${part}`).to.include(part)
    }
  })

  it('are all that the run book has chapters for, and its links lead somewhere', async () => {
    const text = await runbook()
    const chapters = [...text.matchAll(/^#### (\w+)$/gm)].map(([, name]) => name!)
    expect(chapters.sort()).to.deep.equal((await alertRules()).map(({ alert }) => alert).sort())
    const anchors = new Set(
      [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-')),
    )
    for (const [, link] of text.matchAll(/\]\(#([\w-]+)\)/g)) expect(anchors, link).to.include(link)
  })
})

describe('the dashboard', () => {
  it('has queries that Prometheus can parse', async function () {
    const promtool = needs(this, 'promtool')
    const rules = queriesOf(await dashboard()).map((expr, i) => ({ record: `q:${i}`, expr }))
    const folder = await mkdtemp(join(tmpdir(), 'oracle-queries-'))
    const file = join(folder, 'queries.yml')
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    const { code, output } = await run(promtool, ['check', 'rules', file])
    await rm(folder, { recursive: true })
    expect(code, output).to.equal(0)
    expect(output).to.include(`${rules.length} rules found`)
  })

  it('has panels with ids of their own that lie beside each other, on the provisioned source', async () => {
    const { panels, uid } = await dashboard()
    const { datasources } = await opsYaml<{ datasources: { uid: string }[] }>(
      'grafana/provisioning/datasources/prometheus.yaml',
    )
    expect(uid).to.equal('attribution-oracle')
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length)
    const taken = new Set<string>()
    for (const { title, type, gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken, `${title} at ${x}, ${y}`).to.not.include(`${x} ${y}`)
          taken.add(`${x} ${y}`)
        }
      if (type !== 'row') expect(targets?.length, title).to.be.above(0)
      for (const target of targets ?? []) expect(target.datasource.uid).to.equal(datasources[0]!.uid)
    }
  })

  it('is found where Grafana is told to look', async () => {
    const { providers } = await opsYaml<{ providers: { options: { path: string } }[] }>(
      'grafana/provisioning/dashboards/oracle.yaml',
    )
    const compose = await opsFile('compose.yaml')
    expect(compose).to.include(`./grafana/dashboards:${providers[0]!.options.path}:ro`)
  })
})

describe('the names of metrics', () => {
  const base = (name: string): string => name.replace(/_(bucket|sum|count)$/, '')

  it('in alerts, dashboard and run book are those of the service', async () => {
    const known = await metricNames()
    const texts = {
      'alerts.yml': (await alertRules()).map(({ expr }) => expr).join('\n'),
      'oracle.json': queriesOf(await dashboard()).join('\n'),
      'runbook.md': await runbook(),
    }
    for (const [file, text] of Object.entries(texts))
      for (const name of namedIn(text)) {
        if (file === 'runbook.md' && (NO_METRIC.includes(name) || !name.startsWith('oracle_'))) continue
        expect(known.has(name) || known.has(base(name)), `${file}: ${name}`).to.equal(true)
      }
  })

  it('of the service all stand in the run book and on the dashboard', async () => {
    const own = [...(await metricNames())].filter(name => name.startsWith('oracle_'))
    expect(own.length).to.be.above(30)
    const shown = new Set([...namedIn(queriesOf(await dashboard()).join('\n'))].map(base))
    const explained = await runbook()
    for (const name of own) {
      expect(shown, `dashboard: ${name}`).to.include(name)
      expect(explained, 'run book').to.include(`| \`${name}\``)
    }
  })
})

describe('nats.conf', () => {
  it('is what a real nats-server reads', async function () {
    const server = needs(this, 'nats-server')
    const folder = await mkdtemp(join(tmpdir(), 'oracle-nats-'))
    await writeFile(join(folder, 'nats.conf'), await readFile(join(OPS, 'nats/nats.conf')))
    await writeFile(join(folder, 'auth.conf'), 'authorization { user: oracle, password: "secret" }')
    const { code, output } = await run(server, ['-t', '-c', join(folder, 'nats.conf')])
    await rm(folder, { recursive: true })
    expect(code, output).to.equal(0)
  })
})
