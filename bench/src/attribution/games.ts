import { readFileSync } from 'node:fs'
import { payable, screenSamples, toWeights } from '@open-datanets/attribution-oracle'
import { CounterStream } from '@open-datanets/onnx-engine'
import type { Row, Table } from '../table'
import { type GroundTruth, rowsOf } from './arrays'
import { logisticRegression } from './logisticRegression'
import { scoreAsUser } from './scoreAsUser'
import type { Matrix } from './scorer'

const CLASSES = 10
const L2 = 0.001
const CLIP = 0.99
const COPIER = 'copy-of-honest0'

/** Rows in the order of their commitment, and whose account each is in. */
interface World {
  readonly x: Matrix
  readonly labels: readonly number[]
  readonly accounts: readonly string[]
}

/** What contributors of digits are paid when they cheat: screening, a model on what passed, values, weights. */
export async function games(truth: GroundTruth): Promise<Table> {
  const everybody = await worldOf(truth)
  const honest = without(everybody, [COPIER])
  const base = await paid(truth, honest)
  const before = (account: string): number => Number(base.get(account)!)
  const rows: Row[] = [...base].map(([account, weight]) => ({
    game: 'alone',
    account,
    share: percent(weight),
  }))
  const missed: string[] = []
  const judge = (game: string, gain: number, least: number, most: number): void => {
    rows.push({ game, account: 'gain', share: `x ${gain.toFixed(4)}`, bar: `${least} to ${most}` })
    if (!(gain >= least && gain <= most)) missed.push(`${game}: gain ${gain}, from ${least} to ${most}`)
  }
  for (const nobody of ['labelnoise100%', 'garbage']) {
    const weight = base.get(nobody)!
    if (weight > 0n) missed.push(`${nobody}: paid ${percent(weight)}, bar nothing`)
  }
  for (const k of [2, 3, 4, 5]) {
    const pays = await paid(truth, split(honest, 'honest3', k))
    const sum = Array.from({ length: k }, (_, i) => pays.get(`honest3/${i}`)!).reduce((a, b) => a + b)
    judge(`an owner in ${k} accounts`, Number(sum) / before('honest3'), 1, 1)
  }
  const gainOf = async (world: World): Promise<number> => {
    const pays = await paid(truth, world)
    return Number(pays.get('honest0')! + pays.get(COPIER)!) / before('honest0')
  }
  judge('a friend copies exactly', await gainOf(everybody), 0, 1)
  for (const noise of [0.01, 0.03, 0.1])
    judge(`a friend copies with noise of ${noise}`, await gainOf(blurred(everybody, noise)), 0, 1.05)
  return {
    title:
      'games: 12 contributors of digits, logistic regression; Shapley pays 1.61 for the copy, 1.41 for a split',
    rows,
    missed,
  }
}

async function worldOf(truth: GroundTruth): Promise<World> {
  const names = JSON.parse(readFileSync(truth.file('game/names.json'), 'utf8')) as string[]
  const owner = await truth.numbers('game/owner')
  return {
    x: await truth.matrix('game/X'),
    labels: await truth.numbers('game/y'),
    accounts: owner.map(index => names[index]!),
  }
}

/** Integer weights by account: parts of 10^9 of the pool. */
async function paid(truth: GroundTruth, world: World): Promise<Map<string, bigint>> {
  const [heldX, heldLabels] = [await truth.matrix('digits_Xva'), await truth.numbers('digits_yva')]
  const decisions = screenSamples(
    { codes: codesOf(world.x), labels: world.labels },
    { codes: codesOf(heldX), labels: heldLabels },
  )
  const accepted = decisions.flatMap(({ verdict }, row) => (verdict === 'accepted' ? [row] : []))
  const x = rowsOf(world.x, accepted)
  const labels = accepted.map(row => world.labels[row]!)
  const parameters = logisticRegression(x, labels, CLASSES, L2)
  const float = (data: ArrayLike<number>) => Float32Array.from(data)
  const { matrix } = await scoreAsUser({
    task: 'classification',
    question: 'value',
    method: 'closed-form',
    weightDecay: L2,
    model: truth.file('digits-lr/model.onnx'),
    checkpoints: {
      parameters: 'fitted.npy',
      layout: [
        ['linear.weight', [CLASSES, x.columns]],
        ['linear.bias', [CLASSES]],
      ],
    },
    train: { inputs: 'x.npy', targets: 'y.npy' },
    query: { inputs: truth.file('digits_Xva.npy'), targets: truth.file('digits_yva.npy') },
    files: {
      'fitted.npy': { shape: [1, parameters.length], dtype: 'float32', data: float(parameters) },
      'x.npy': { shape: [x.rows, x.columns], dtype: 'float32', data: float(x.data) },
      'y.npy': { shape: [x.rows], dtype: 'int32', data: Int32Array.from(labels) },
    },
  })
  const novelty = accepted.map(row => decisions[row]!.novelty)
  const scores = payable(matrix(''), novelty, CLIP).map(
    ({ score }, i) => [BigInt(accepted[i]!), score] as const,
  )
  const shares = new Map(world.accounts.map(account => [account, 0n]))
  for (const [row, weight] of toWeights(new Map(scores))) {
    const account = world.accounts[Number(row)]!
    shares.set(account, shares.get(account)! + weight)
  }
  return shares
}

function without({ x, labels, accounts }: World, names: readonly string[]): World {
  const kept = accounts.flatMap((account, row) => (names.includes(account) ? [] : [row]))
  return {
    x: rowsOf(x, kept),
    labels: kept.map(row => labels[row]!),
    accounts: kept.map(row => accounts[row]!),
  }
}

function split({ x, labels, accounts }: World, name: string, k: number): World {
  return {
    x,
    labels,
    accounts: accounts.map((account, row) => (account === name ? `${name}/${row % k}` : account)),
  }
}

/** The copier's pixels moved by up to `noise` of their range. */
function blurred({ x, labels, accounts }: World, noise: number): World {
  const draw = new CounterStream('bench', ['games', String(noise)])
  const data = Array.from(x.data, (pixel, i) =>
    accounts[Math.floor(i / x.columns)] === COPIER
      ? Math.min(1, Math.max(0, pixel + noise * (2 * draw.uniform() - 1)))
      : pixel,
  )
  return { x: { ...x, data }, labels, accounts }
}

function codesOf({ rows, columns, data }: Matrix) {
  return { rows, width: columns, data: Int8Array.from(data, pixel => Math.round(pixel * 127)) }
}

const percent = (weight: bigint): string => `${(Number(weight) / 1e7).toFixed(2)} %`
