import { readFileSync } from 'node:fs'
import path from 'node:path'
import { formatUnits } from 'ethers'
import type { Report } from './report'

// The package exports only its modules; the build that runs in a plain <script> lies beside its entry.
const CHART_JS = path.join(path.dirname(require.resolve('chart.js')), 'chart.umd.min.js')

/** The report as one self-contained page: Chart.js and the figures are inlined, nothing is fetched. */
export function reportPage(report: Report): string {
  const library = readFileSync(CHART_JS, 'utf8')
  const data = JSON.stringify(report).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Open Datanets: who earned what, and why</title>
<style>${STYLE}</style>
</head>
<body>
<header>
  <h1>Who earned what, and why</h1>
  <p>${report.corpus.files} Solidity files, ${report.models.length} models, ${report.serving.requests} paid completions,
  one epoch, settled to the wei. Seed <code>${escapeHtml(report.seed)}</code>, size <code>${report.size}</code>.</p>
</header>
<main>
${tiles(report)}
<section class="wide"><h2>OPEN earned</h2><div class="chart"><canvas id="earned"></canvas></div></section>
<section><h2>Held-out loss of the base model</h2><div class="chart"><canvas id="base"></canvas></div></section>
<section><h2>Adapters on their own held-out files</h2><div class="chart"><canvas id="adapters"></canvas></div></section>
<section class="wide"><h2>Training loss</h2><div class="chart"><canvas id="training"></canvas></div></section>
<section class="wide"><h2>Contributors</h2>${contributorTable(report)}</section>
<section class="wide"><h2>Pools</h2>${poolTable(report)}</section>
<section class="wide"><h2>What a completion looked like</h2>${samples(report)}</section>
<section class="wide"><h2>What the holders decided</h2>${governanceTable(report)}</section>
<section class="wide"><h2>Gas</h2>${gasTable(report)}</section>
<section class="wide"><h2>Checks of this run</h2>${checks(report)}</section>
</main>
<script>${library}</script>
<script>const report = ${data};\n${SCRIPT}</script>
</body>
</html>
`
}

const open = (wei: string, digits = 2): string =>
  Number(formatUnits(wei, 18)).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function table(head: string[], rows: string[][], numeric: number[]): string {
  const cell = (tag: string, text: string, column: number): string =>
    `<${tag}${numeric.includes(column) ? ' class="n"' : ''}>${text}</${tag}>`
  const line = (tag: string, cells: string[]): string =>
    `<tr>${cells.map((c, i) => cell(tag, c, i)).join('')}</tr>`
  return `<div class="scroll"><table><thead>${line('th', head)}</thead><tbody>${rows.map(r => line('td', r)).join('')}</tbody></table></div>`
}

function tiles(report: Report): string {
  const passed = report.checks.filter(check => check.passed).length
  const facts: [string, string][] = [
    [`${open(report.totals.earned)} OPEN`, 'earned in the epoch'],
    [`${report.epoch.screened.copies + report.epoch.screened.rejected}`, 'copies and noise paid nothing'],
    [report.verifier.agrees ? 'agrees' : 'DIFFERS', 'second oracle, from chain and published data'],
    [`${passed} of ${report.checks.length}`, 'checks hold'],
  ]
  return `<section class="wide tiles">${facts.map(([big, small]) => `<div><b>${big}</b><span>${small}</span></div>`).join('')}</section>`
}

function contributorTable(report: Report): string {
  const rows = report.rows.map(row => [
    escapeHtml(row.name) + (row.role === 'author' ? '' : ` <i>${row.role}</i>`),
    `${row.paidFiles} / ${row.files}`,
    percent(row.valueShare),
    percent(row.usageShare),
    open(row.earned),
    open(row.claimed),
    Number(row.gas).toLocaleString('en-US'),
    escapeHtml(row.reason),
  ])
  const { earned, claimed } = report.totals
  rows.push(['<b>Total</b>', '', '', '', `<b>${open(earned)}</b>`, `<b>${open(claimed)}</b>`, '', ''])
  const head = [
    'Contributor',
    'Paid / files',
    'Value',
    'Usage',
    'OPEN earned',
    'Claimed',
    'Gas of claim',
    'Why',
  ]
  return table(head, rows, [1, 2, 3, 4, 5, 6])
}

function poolTable(report: Report): string {
  const rows = report.epoch.pools.map(pool => [
    escapeHtml(pool.name),
    pool.question,
    open(pool.funded),
    open(pool.paid),
    String(pool.contributions),
  ])
  return table(['Pool', 'Question', 'Funded', 'Paid', 'Contributions paid'], rows, [2, 3, 4])
}

function governanceTable({ governance }: Report): string {
  const { description, votesFor, quorum, days } = governance
  const rows = [[escapeHtml(description), open(votesFor, 0), open(quorum, 0), days.toFixed(0)]]
  const head = ['Proposal', 'OPEN that voted for it', 'OPEN needed', "Days on the chain's clock"]
  return table(head, rows, [1, 2, 3])
}

function gasTable(report: Report): string {
  const rows = report.chain.gas.map(entry => [
    escapeHtml(entry.action),
    String(entry.transactions),
    Number(entry.gas).toLocaleString('en-US'),
  ])
  return table(['Action', 'Transactions', 'Gas in all'], rows, [1, 2])
}

function samples(report: Report): string {
  return report.serving.samples
    .map(
      sample =>
        `<figure><figcaption>${escapeHtml(sample.model)}, ${open(sample.price, 4)} OPEN</figcaption>` +
        `<pre><b>${escapeHtml(sample.prompt)}</b>${escapeHtml(sample.completion)}</pre></figure>`,
    )
    .join('')
}

function checks(report: Report): string {
  const items = report.checks.map(
    check =>
      `<li class="${check.passed ? 'ok' : 'bad'}"><b>${check.passed ? 'holds' : 'FAILS'}</b> ${escapeHtml(check.name)}<span>${escapeHtml(check.detail)}</span></li>`,
  )
  return `<ul class="checks">${items.join('')}</ul>`
}

const STYLE = `
:root { --ink: #17202b; --soft: #5d6b7b; --line: #dfe5ec; --paper: #f5f7fa; --card: #fff; --accent: #2f6fed; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7edf4; --soft: #93a1b3; --line: #2a3543; --paper: #10161e; --card: #18212c; --accent: #6ea0ff; }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
header, main { max-width: 1160px; margin: 0 auto; padding: 24px }
header { padding-bottom: 0 }
h1 { font-size: 30px; margin: 12px 0 4px; letter-spacing: -.02em }
h2 { font-size: 16px; margin: 0 0 12px }
header p { color: var(--soft); margin: 0; max-width: 70ch }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 18px }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px; min-width: 0 }
.wide { grid-column: 1 / -1 }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 18px }
.tiles b { display: block; font-size: 24px; letter-spacing: -.01em }
.tiles span { color: var(--soft) }
.chart { position: relative; height: 280px }
.wide .chart { height: 380px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; white-space: nowrap }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td i { color: #c2410c; font-style: normal; font-size: 12px; border: 1px solid currentColor; border-radius: 6px; padding: 0 5px; white-space: nowrap }
@media (prefers-color-scheme: dark) { td i { color: #fb923c } }
figure { margin: 0 0 14px } figcaption { color: var(--soft); font-size: 13px; margin-bottom: 4px }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; margin: 0; overflow-x: auto; font-size: 13px; white-space: pre-wrap }
.checks { list-style: none; margin: 0; padding: 0 } .checks li { padding: 6px 0; border-bottom: 1px solid var(--line) }
.checks b { display: inline-block; width: 56px; color: #15803d } .checks .bad b { color: #dc2626 }
.checks span { display: block; margin-left: 60px; color: var(--soft); font-size: 13px; overflow-wrap: anywhere }
@media (max-width: 800px) { main { grid-template-columns: 1fr } .tiles { grid-template-columns: 1fr 1fr } }
`

const SCRIPT = `
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name)
Chart.defaults.color = css('--soft'); Chart.defaults.borderColor = css('--line'); Chart.defaults.maintainAspectRatio = false
Chart.defaults.animation = false
const wei = text => Number(BigInt(text) / 10n ** 12n) / 1e6
const blue = '#2f6fed', teal = '#12a594', grey = '#9aa7b5', orange = '#e8833a'
new Chart('earned', { type: 'bar',
  data: { labels: report.rows.map(r => r.role === 'author' ? r.name : r.name + ' (' + r.role + ')'), datasets: [
    { label: 'value (emissions)', data: report.rows.map(r => wei(r.earnedValue)), backgroundColor: blue },
    { label: 'usage (fees)', data: report.rows.map(r => wei(r.earnedUsage)), backgroundColor: teal } ] },
  options: { indexAxis: 'y', scales: { x: { stacked: true, title: { display: true, text: 'OPEN' } }, y: { stacked: true } } } })
const base = report.models.find(m => m.kind === 'base'), adapters = report.models.filter(m => m.kind === 'adapter')
const loss = { beginAtZero: true, title: { display: true, text: 'nats per token' } }
new Chart('base', { type: 'bar', data: { labels: ['before training', 'unigram', 'bigram', 'model'], datasets: [
    { data: [base.before, base.unigram, base.bigram, base.loss], backgroundColor: [grey, grey, grey, blue] } ] },
  options: { plugins: { legend: { display: false } }, scales: { y: loss } } })
new Chart('adapters', { type: 'bar', data: { labels: adapters.map(m => m.name), datasets: [
    { label: 'base', data: adapters.map(m => m.before), backgroundColor: grey },
    { label: 'with adapter', data: adapters.map(m => m.loss), backgroundColor: orange } ] }, options: { scales: { y: loss } } })
new Chart('training', { type: 'line', data: { datasets: report.training.map((t, i) => ({ label: t.label, pointRadius: 0, borderWidth: 2,
    borderColor: [blue, orange, teal, '#8b5cf6', grey][i % 5], data: t.losses.map(p => ({ x: p.step, y: p.loss })) })) },
  options: { scales: { x: { type: 'linear', title: { display: true, text: 'step' } }, y: { title: { display: true, text: 'nats per token' } } } } })
`
