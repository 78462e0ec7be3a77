import { expect } from 'chai'
import { createContext, runInContext } from 'node:vm'
import { reportPage } from '../src/reportPage'
import { exampleReport } from './exampleReport'

const HOSTILE = `</script><script src="https://example.org/x.js"></script><img src=x onerror="alert('&')">\u2028`

interface Drawn {
  id: string
  data: { labels?: string[]; datasets: { label?: string; data: unknown[] }[] }
}

describe('reportPage', () => {
  const report = exampleReport(HOSTILE)
  const page = reportPage(report)
  const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(([, source]) => source!)
  const markup = page.replace(/<script>[^]*?<\/script>/g, '')

  it('needs nothing from outside: no address to load, no script but its own two', () => {
    expect(scripts.length).to.equal(2)
    expect(page.match(/<\/?script/g)).to.have.length(4)
    // An attribute of a real tag: a name's own text has no tag any more.
    expect(markup.match(/<[^>]*\s(src|href|action|srcset)\s*=/g)).to.equal(null)
    expect(markup).to.not.match(/<(link|iframe|object|embed|base)\b|url\(|@import/)
    for (const source of scripts)
      expect(source).to.not.match(/\bfetch\(|XMLHttpRequest|importScripts|\bimport\(/)
  })

  it('shows every name as the text that it is', () => {
    expect(markup).to.not.contain('<img')
    const shown = '&lt;/script&gt;&lt;script src=&quot;https://example.org/x.js&quot;&gt;'
    // seed, contributor, its reason, pool, proposal, gas, three of a sample, a check and its detail
    expect(markup.split(shown).length - 1).to.equal(11)
  })

  it('shows amounts, shares and what failed', () => {
    expect(markup).to.contain('<td class="n">3.00</td>').and.to.contain('<td class="n">25.00 %</td>')
    expect(markup).to.contain('<b>6.00 OPEN</b><span>earned in the epoch</span>')
    expect(markup).to.contain('<b>1 of 2</b><span>checks hold</span>')
    expect(markup).to.contain('<li class="bad"><b>FAILS</b> another')
  })

  it('has scripts that run: the library is there, and every chart draws figures of the report', () => {
    const [library, own] = scripts
    const context = createContext({ drawn: [] as Drawn[] })
    runInContext(library!, context)
    expect(runInContext('typeof Chart', context)).to.equal('function')
    // There is no page to draw on here, so the charts are noted down instead.
    runInContext(
      `const document = { documentElement: {} }
      const getComputedStyle = () => ({ getPropertyValue: () => '#000' })
      Chart = class { static defaults = {}; constructor(id, { data }) { drawn.push({ id, data }) } }`,
      context,
    )
    runInContext(own!, context)
    const charts = JSON.parse(runInContext('JSON.stringify(drawn)', context) as string) as Drawn[]
    expect(charts.map(({ id }) => id)).to.have.members(['earned', 'base', 'adapters', 'training'])
    for (const { id } of charts) expect(markup).to.contain(`<canvas id="${id}">`)
    const [earned, base, adapters, training] = charts.map(({ data }) => data)
    expect(earned!.labels).to.deep.equal(['openzeppelin', `${HOSTILE} (exact copier)`])
    expect(earned!.datasets.map(({ data }) => data)).to.deep.equal([
      [1, 1],
      [2, 2],
    ])
    expect(base!.labels).to.deep.equal(['before training', 'unigram', 'bigram', 'model'])
    expect(base!.datasets[0]!.data).to.deep.equal([4.25, 6, 5, 3.5])
    expect(adapters!.datasets.map(({ data }) => data)).to.deep.equal([[4.25], [3.5]])
    expect(training!.datasets[0]!.data).to.deep.equal([{ x: 1, y: 6 }])
  })
})
