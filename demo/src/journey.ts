import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attribute, closeWindow } from './chapters/attribute'
import { claim } from './chapters/claim'
import { contribute } from './chapters/contribute'
import { deploy } from './chapters/deploy'
import { govern } from './chapters/govern'
import { lie } from './chapters/lie'
import { serve } from './chapters/serve'
import { train } from './chapters/train'
import type { Report } from './report'
import { reportPage } from './reportPage'
import { summarise } from './summary'
import type { World } from './world'

/** The whole story, chapter by chapter; each one does its part for real and tells what came of it. */
export async function journey(world: World): Promise<Report> {
  const seconds: Report['seconds'] = []
  const chapter = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    world.signal.throwIfAborted()
    world.terminal.chapter(title)
    const started = performance.now()
    const result = await work()
    seconds.push({ chapter: title, seconds: (performance.now() - started) / 1000 })
    return result
  }

  const stage = await chapter('Deploy the protocol', () => {
    const operators = [world.roles.operator, world.roles.liar]
    return deploy(world, { network: 'demo', operators, faults: 0 })
  })
  const governance = await chapter('Let the holders decide', () => govern(world, stage))
  const corpus = await chapter('Contribute', () => contribute(world, stage))
  const models = await chapter('Train a model and three adapters', () => train(world, stage, corpus))
  const serving = await chapter('Serve, and be paid', () => serve(world, stage, models))
  const attribution = await chapter('Attribute, settle, post, verify', () => attribute(world, stage, corpus))
  await chapter('Wait out the challenge window', () => closeWindow(world, stage, attribution))
  const caught = await chapter('Catch a lie', () => lie(world, stage, attribution))
  const claims = await chapter('Claim', () => claim(world, stage, corpus, attribution))

  const { options, gas } = world
  const files = corpus.contributors.flatMap(person => person.files)
  const { contracts, chainId } = stage.system.record
  const addresses = Object.entries(contracts).map(([name, { address }]) => [name, address])
  return {
    format: 'open-datanets/demo-report',
    version: 1,
    seed: options.seed,
    size: options.size,
    seconds,
    chain: { chainId: Number(chainId), contracts: Object.fromEntries(addresses), gas: gas.rows() },
    corpus: {
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
      heldOutFiles: corpus.evaluation.files.length,
      batches: corpus.batches,
    },
    governance,
    training: models.training,
    serving,
    verifier: attribution.verifier,
    lie: caught,
    ...(await summarise(world, { stage, corpus, models, attribution, claims, governance, lie: caught })),
  }
}

/** Writes report.html and report.json. @returns the page's path */
export async function writeReport(report: Report, folder: string): Promise<string> {
  const page = path.join(folder, 'report.html')
  await writeFile(path.join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  await writeFile(page, reportPage(report))
  return page
}
