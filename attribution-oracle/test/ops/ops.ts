import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { createMetrics } from '../../src/metrics'
import { EVERY_EVENT } from '../metrics/everyEvent'

export const REPOSITORY = join(__dirname, '../../..')
export const OPS = join(REPOSITORY, 'attribution-oracle/ops')

export function opsFile(path: string): Promise<string> {
  return readFile(join(OPS, path), 'utf8')
}

export async function opsYaml<T>(path: string): Promise<T> {
  return parse(await opsFile(path), { merge: true }) as T
}

export function runbook(): Promise<string> {
  return readFile(join(REPOSITORY, 'docs/runbook.md'), 'utf8')
}

export interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

export async function alertRules(): Promise<Rule[]> {
  const { groups } = await opsYaml<{ groups: { rules: Rule[] }[] }>('prometheus/alerts.yml')
  return groups.flatMap(({ rules }) => rules)
}

export interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; datasource: { uid: string } }[]
}

export interface Dashboard {
  uid: string
  schemaVersion: number
  panels: Panel[]
  annotations: { list: { expr: string }[] }
  templating: { list: { name: string; query: { query: string } }[] }
}

export async function dashboard(): Promise<Dashboard> {
  return JSON.parse(await opsFile('grafana/dashboards/oracle.json')) as Dashboard
}

/** Every query of the dashboard, as Prometheus sees it. */
export function queriesOf({ panels, annotations }: Dashboard): string[] {
  const exprs = [...panels.flatMap(panel => panel.targets ?? []), ...annotations.list].map(({ expr }) => expr)
  return exprs.map(expr => expr.replaceAll('$instance', '.*'))
}

/** The metrics that a service has which saw every kind of event. */
export async function metricNames(): Promise<Set<string>> {
  const metrics = createMetrics({ version: '0', configHash: '0' })
  Object.values(EVERY_EVENT).forEach(metrics.observe)
  const help = /^# HELP (\w+) /gm
  return new Set([...(await metrics.text()).matchAll(help)].map(([, name]) => name!))
}

/** The metrics that a text names: a histogram also by its series. */
export function namedIn(text: string): Set<string> {
  const names = text.match(/\b(oracle|nodejs|process)_[a-z0-9_]+\b/g) ?? []
  return new Set(names)
}
