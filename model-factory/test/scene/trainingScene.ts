import { openContentStore, sha256, type ContentStore } from '@open-datanets/content-store'
import { counterBytes } from '@open-datanets/onnx-engine'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJob, type HeldOut, type TrainingData, type TrainingJob } from '../../src'

const NOUNS = ['balance', 'owner', 'amount', 'index', 'total', 'reward', 'price', 'length']
const FORMS: Record<string, (a: string, b: string) => string> = {
  token: (a, b) =>
    `    function ${a}Of(address ${b}) external view returns (uint256) { return _${a}[${b}]; }\n`,
  math: (a, b) =>
    `        assembly { ${a} := shr(128, mul(${a}, ${b})) if gt(${a}, ${b}) { revert(0, 0) } }\n`,
}

/** A file of one domain: twenty lines of the same form with drawn names. */
function textOf(domain: string, index: number): Buffer {
  const draw = counterBytes('model-factory tests', domain, index)
  const noun = (): string => NOUNS[draw.below(NOUNS.length)]!
  const lines = Array.from({ length: 20 }, () => FORMS[domain]!(noun(), noun()))
  return Buffer.from(`contract ${domain}${index} {\n${lines.join('')}}\n`)
}

/** Files that are learned in seconds: two domains with forms of their own. */
export function smallCorpus(): { data: TrainingData; heldOut: HeldOut } {
  const file = (i: number): { id: number; name: string; bytes: Buffer } => {
    const domain = i % 4 === 3 ? 'math' : 'token'
    return { id: 100 + i, name: `${domain}/${i}.sol`, bytes: textOf(domain, i) }
  }
  const all = Array.from({ length: 20 }, (_, i) => file(i))
  return {
    data: { snapshot: sha256(Buffer.from('snapshot')), files: all.slice(0, 16) },
    heldOut: { digest: sha256(Buffer.from('held out')), files: all.slice(16) },
  }
}

export function smallJob(change: { seed?: string; shards?: number } = {}): TrainingJob {
  const training = {
    seed: 'test',
    steps: 60,
    batch: 8,
    learningRate: 0.01,
    warmupSteps: 5,
    finalShare: 0.1,
    clipNorm: 1,
    weightDecay: 0,
    shards: 1,
    ...change,
  }
  return parseJob({
    format: 'open-datanets/training-job',
    version: 1,
    name: 'small',
    vocabSize: 320,
    causalLm: { width: 32, layers: 1, heads: 2, mlpWidth: 64, contextLength: 32 },
    training,
    checkpointsAt: [30, 60],
    adapters: ['math', 'token'].map(name => ({
      name,
      match: `^${name}/`,
      rank: 4,
      alpha: 8,
      targets: ['query', 'value', 'up', 'down'],
      training: { ...training, steps: 30 },
    })),
  })
}

/** A content store in a folder of its own. */
export const emptyStore = async (): Promise<{ content: ContentStore; folder: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'model-factory-'))
  return { content: openContentStore(folder), folder }
}
