import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needs, run } from '../scene/program'
import { opsFile } from './ops'

const UNITS = ['attribution-oracle.service', 'attribution-oracle-worker@.service']

describe('systemd units', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-units-'))
    // verify looks for the program; this machine has its Node.js somewhere else
    for (const unit of UNITS) {
      const text = await opsFile(`systemd/${unit}`)
      await writeFile(join(folder, unit), text.replaceAll('/usr/bin/node', process.execPath))
    }
  })
  after(() => rm(folder, { recursive: true, force: true }))

  for (const unit of UNITS) {
    it(`${unit} is what systemd-analyze verify accepts without a word`, async function () {
      const analyze = needs(this, 'systemd-analyze')
      const { code, output } = await run(analyze, ['verify', '--man=no', join(folder, unit)])
      expect([code, output]).to.deep.equal([0, ''])
    })

    it(`${unit} is exposed to little of the system`, async function () {
      const analyze = needs(this, 'systemd-analyze')
      const { output } = await run(analyze, ['security', '--offline=true', '--no-pager', join(folder, unit)])
      const exposure = Number(/exposure level for .*: ([\d.]+)/.exec(output)?.[1])
      expect(exposure, output).to.be.at.most(2)
    })

    it(`${unit} holds no secret, keeps V8 working and does not restart what a person has to look at`, async () => {
      const text = await opsFile(`systemd/${unit}`)
      const settings = text.split('\n').filter(line => /^[A-Z]/.test(line))
      for (const line of settings.filter(each => each.startsWith('Environment=')))
        expect(line).to.not.match(/(PASSWORD|_KEY|RPC_URLS?|NATS_URL|DATABASE_URL)=/)
      expect(settings.some(line => line.startsWith('LoadCredential='))).to.equal(true)
      expect(settings).to.not.include('MemoryDenyWriteExecute=yes')
      expect(settings).to.include.members(['RestartPreventExitStatus=2 6', 'DynamicUser=yes', 'UMask=0077'])
    })
  }
})
