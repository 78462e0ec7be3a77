import path from 'node:path'
import {
  CounterStream,
  forwardModel,
  initialWeights,
  readArrays,
  type Samples,
  type Tensor,
} from '@open-datanets/onnx-engine'
import { labelled } from '../attribution/gradients'
import { groundTruthFolder } from '../groundTruthFolder'
import { readMedquad } from '../medquad/records'
import { wordsOf } from '../medquad/words'
import { perceptron } from './perceptron'
import type { Task } from './task'

const CROSS_ENTROPY = { kind: 'cross-entropy' } as const

export async function untunedTasks(): Promise<Task[]> {
  return [await digitsOfAnotherSplit(), institutesByWords(), passages()]
}

/** The held-out rows of the digits, parted anew: tanh and Adam instead of ReLU and momentum. */
async function digitsOfAnotherSplit(): Promise<Task> {
  const folder = groundTruthFolder('attribution')
  const read = async (name: string): Promise<number[]> =>
    Array.from((await readArrays(path.join(folder, `${name}.npy`))).get('')!.data, Number)
  const pixels = [...(await read('digits_Xva')), ...(await read('digits_Xte'))]
  const labels = [...(await read('digits_yva')), ...(await read('digits_yte'))]
  const order = new CounterStream('untuned', ['digits']).shuffle(labels.map((_, row) => row))
  const samples = (rows: readonly number[]): Samples =>
    labelled(
      { rows: rows.length, columns: 64, data: rows.flatMap(row => pixels.slice(64 * row, 64 * row + 64)) },
      rows.map(row => labels[row]!),
    )
  return {
    name: 'digits, other rows: tanh 64-40-10, Adam',
    kind: 'classification',
    model: perceptron([64, 40, 10], 'Tanh'),
    train: samples(order.slice(0, 550)),
    query: samples(order.slice(550)),
    recipe: { loss: CROSS_ENTROPY, optimizer: { kind: 'adam' }, learningRate: 3e-3, batch: 25, epochs: 20 },
    checkpoints: [2, 4, 7, 12, 20],
  }
}

const WIDTH = 64

/** Which institute wrote a passage, from its words: real prose as a supervised task, stopped early. */
function institutesByWords(): Task {
  const stream = new CounterStream('untuned', ['institutes'])
  const pairs = stream.shuffle(readMedquad().filter(({ answer }) => answer.length > 150)).slice(0, 640)
  const names = [...new Set(pairs.map(({ source }) => source))].sort()
  const directions = new Map<string, Float64Array>()
  const directionOf = (word: string): Float64Array => {
    const known = directions.get(word)
    if (known) return known
    const own = new CounterStream('word', [word])
    const drawn = Float64Array.from({ length: WIDTH }, () => own.normal())
    directions.set(word, drawn)
    return drawn
  }
  const rows = pairs.map(({ answer }) => {
    const words = wordsOf(answer).slice(0, 100)
    const sum = new Float64Array(WIDTH)
    for (const word of words) directionOf(word).forEach((value, i) => (sum[i]! += value))
    return sum.map(value => value / Math.sqrt(words.length))
  })
  const samples = (from: number, to: number): Samples =>
    labelled(
      { rows: to - from, columns: WIDTH, data: rows.slice(from, to).flatMap(row => [...row]) },
      pairs.slice(from, to).map(({ source }) => names.indexOf(source)),
    )
  return {
    name: 'institutes by words: ReLU 64-48-24, SGD',
    kind: 'classification',
    model: perceptron([WIDTH, 48, 24, names.length], 'Relu'),
    train: samples(0, 520),
    query: samples(520, 640),
    recipe: {
      ...{ loss: CROSS_ENTROPY, optimizer: { kind: 'sgd', momentum: 0.9 }, learningRate: 0.02 },
      ...{ batch: 20, epochs: 12, weightDecay: 1e-3 },
    },
    checkpoints: [1, 3, 5, 8, 12],
  }
}

const LENGTH = 24
const VOCABULARY = 160

/** The next word of passages of the institutes, a small transformer under AdamW. */
function passages(): Task {
  const stream = new CounterStream('untuned', ['passages'])
  const texts = stream
    .shuffle(readMedquad())
    .map(({ answer }) => wordsOf(answer))
    .filter(words => words.length > LENGTH)
    .slice(0, 260)
  const counts = new Map<string, number>()
  for (const word of texts.flat()) counts.set(word, (counts.get(word) ?? 0) + 1)
  const known = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, VOCABULARY - 1)
  const codes = new Map(known.map(([word], index) => [word, index + 1]))
  const encoded = texts.map(words => words.slice(0, LENGTH + 1).map(word => codes.get(word) ?? 0))
  const samples = (from: number, to: number): Samples => {
    const rows = encoded.slice(from, to)
    const integers = (shift: number): Tensor => ({
      dtype: 'int64',
      dims: [rows.length, LENGTH],
      data: BigInt64Array.from(
        rows.flatMap(row => row.slice(shift, shift + LENGTH)),
        BigInt,
      ),
    })
    return { inputs: new Map([['tokens', integers(0)]]), targets: integers(1), count: rows.length }
  }
  const config = {
    vocabSize: VOCABULARY,
    width: 24,
    layers: 1,
    heads: 2,
    mlpWidth: 48,
    contextLength: LENGTH,
  }
  return {
    name: 'medical prose: transformer of width 24, AdamW',
    kind: 'causal-lm',
    model: forwardModel(config, initialWeights(config, 'untuned')),
    train: samples(0, 200),
    query: samples(200, 260),
    recipe: {
      ...{ loss: CROSS_ENTROPY, optimizer: { kind: 'adamw' }, learningRate: 6e-3, weightDecay: 0.01 },
      ...{ batch: 10, epochs: 10, schedule: { kind: 'cosine' }, clipNorm: 1, initialDeviation: 0.1 },
    },
    checkpoints: [2, 4, 6, 8, 10],
  }
}
