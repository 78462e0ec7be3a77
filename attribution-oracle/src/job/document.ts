import { z } from 'zod'

export const SCORE_JOB_FORMAT = 'open-datanets/score-job'

export const TASKS = ['classification', 'regression', 'binary', 'causal-lm'] as const
export const QUESTIONS = ['value', 'usage', 'self'] as const
export const METHODS = [
  'auto',
  'dual-margin-ggn',
  'ggn',
  'logra',
  'ek-fac',
  'closed-form',
  'self-influence',
  'spans',
  'hybrid',
] as const
export const PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const

export type Task = (typeof TASKS)[number]
export type Question = (typeof QUESTIONS)[number]

const expected = (text: string) => ({ error: text })
const file = z.string(expected('the path of a file')).min(1, 'the path of a file')
const whole = (least: number) =>
  z
    .number(expected(`a whole number, ${least} or more`))
    .int()
    .min(least, `${least} or more`)
const positive = (what: string) => z.number(expected(what)).positive(what)
const fraction = z
  .string(expected('a decimal string such as "0.0003"'))
  .regex(/^[0-9]+(\.[0-9]+)?(e-?[0-9]+)?$/, 'a decimal string such as "0.0003"')

const inputs = z
  .union(
    [file, z.record(z.string(), file)],
    expected('an NPY or NPZ file, or files by the name of the model input'),
  )
  .describe(
    'NPY, NPZ with the names of the inputs, or one file per input of the model; the first axis is the sample',
  )

const samples = z.strictObject({
  inputs,
  targets: file.optional().describe('left out for causal-lm: the next token; a#b is array b of the NPZ a'),
})

const dims = z.array(whole(1)).max(8)
const layoutEntry = z.union(
  [
    z.tuple([z.string(), dims]),
    z.tuple([
      z.string(),
      dims,
      z.strictObject({ initializer: z.string(), transposed: z.boolean().default(false) }),
    ]),
  ],
  expected(
    '["name", [sizes]], or ["name", [sizes], {"initializer": "name in the ONNX file", "transposed": true}]',
  ),
)
export const layout = z.array(layoutEntry).min(1)
export type Layout = z.infer<typeof layout>

const checkpoints = z.union(
  [
    z.array(file).min(1),
    z.array(z.array(file).min(1)).min(1),
    z.strictObject({
      parameters: file.describe(
        'NPY [checkpoints, P] or [runs, steps, P], each row all parameters one after another',
      ),
      layout: z.union([file, layout]),
    }),
  ],
  expected('a list of ONNX files, a list of such lists (runs, steps), or {"parameters": NPY, "layout": ...}'),
)

/** How the model is trained, for the audit to train it again on subsets. */
const training = z.strictObject({
  optimizer: z.enum(['sgd', 'adam', 'adamw']),
  learningRate: positive('a number above 0'),
  momentum: z.number().min(0).lt(1).optional(),
  nesterov: z.boolean().optional(),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).optional(),
  epsilon: positive('a number above 0').optional(),
  weightDecay: z.number().min(0).optional(),
  schedule: z.enum(['constant', 'cosine', 'linear']).optional(),
  warmupSteps: whole(0).optional(),
  batch: whole(1),
  epochs: whole(1),
  clipNorm: positive('a number above 0').optional(),
})
export type TrainingRecipe = z.infer<typeof training>

const audit = z
  .strictObject({
    masks: file
      .optional()
      .describe('[m, n] of bool or 0/1, or np.packbits(axis=1) of it: which rows a model was trained on'),
    losses: file.optional().describe('[m, n_query], or [m] for their mean: losses of those models'),
    retrain: z
      .strictObject({
        subsets: whole(4).default(32),
        fraction: fraction.default('0.5'),
        initial: file.optional().describe('ONNX file of the initial weights; else the seed draws them'),
        training,
      })
      .optional(),
  })
  .superRefine((value, context) => {
    if ((value.masks === undefined) !== (value.losses === undefined))
      context.addIssue({ code: 'custom', path: [], message: 'masks and losses together, or neither' })
  })

const memory = z
  .union(
    [z.string().regex(/^[0-9]+(\.[0-9]+)?\s*(MB|GB|MiB|GiB)$/, 'a size such as "2GB" or "512MB"'), whole(1)],
    expected('bytes, or a text such as "2GB"'),
  )
  .default('2GB')

/** A scoring job. Paths are relative to the job file. */
export const scoreJob = z
  .strictObject({
    format: z.literal(SCORE_JOB_FORMAT, expected(SCORE_JOB_FORMAT)),
    version: z.literal(1, expected('1, the version that this program reads')),
    task: z.enum(TASKS),
    question: z.enum(QUESTIONS).default('usage'),
    method: z.enum(METHODS).default('auto'),
    settings: z
      .strictObject({
        damping: fraction.optional(),
        projection: whole(2).optional(),
        fisher: z.enum(['exact', 'sampled']).optional(),
      })
      .default({}),
    model: file.describe('ONNX: inputs -> logits or outputs'),
    output: z.string().optional().describe('the output that is scored, where the model has several'),
    checkpoints: checkpoints.optional().describe('weights to score at; left out: those of the model'),
    train: samples,
    query: samples.optional().describe('left out only for question "self"'),
    groups: file.optional().describe('integers [n_train]: the contributor of each row, from 0'),
    weightDecay: z.number().min(0).optional().describe('L2 of the training objective'),
    ignoreIndex: z.number().int().default(-100),
    audit: audit.optional(),
    providers: z.array(z.enum(PROVIDERS)).min(1).default(['cpu']),
    workers: whole(1).optional(),
    seed: z.string().min(1).default('open-datanets'),
    memory,
    features: file.optional().describe('folder of a feature store that is kept; only new rows are computed'),
    epoch: whole(1).default(1).describe('the epoch that new rows of the feature store are recorded under'),
  })
  .superRefine((job, context) => {
    if (job.question !== 'self' && !job.query)
      context.addIssue({
        code: 'custom',
        path: ['query'],
        message: `inputs and targets, as question "${job.question}" asks`,
      })
    for (const part of ['train', 'query'] as const)
      if (job.task !== 'causal-lm' && job[part] && job[part].targets === undefined)
        context.addIssue({
          code: 'custom',
          path: [part, 'targets'],
          message: `a file, as task "${job.task}" asks`,
        })
  })
export type ScoreJob = z.infer<typeof scoreJob>

/** The JSON Schema of a job, as editors and other languages check it. */
export const scoreJobSchema = (): object => z.toJSONSchema(scoreJob, { io: 'input' })

/** Bytes of a memory budget; "2GB" is 2·10^9. */
export function memoryBytes(memory: ScoreJob['memory']): number {
  if (typeof memory === 'number') return memory
  const units = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 }
  const [, amount, unit] = /^([0-9.]+)\s*(\w+)$/.exec(memory)!
  return Math.floor(Number(amount) * units[unit as keyof typeof units])
}
