import path from 'node:path'
import {
  createServer,
  paymentsView,
  readServedModels,
  signVoucher,
  type Completion,
  type OpenLora,
} from '@open-datanets/open-lora'
import type { HDNodeWallet } from 'ethers'
import type { ServingReport } from '../report'
import { OPEN, type Stage, type World } from '../world'
import { fundEmission } from './emission'
import type { Models } from './train'

const PROMPTS = [
  'function transfer(address to, uint256',
  '/// @notice Returns the amount of',
  'library Math {\n    function min(',
  'contract Token is ERC20',
  'function mulDiv(uint256 x, uint256 y,',
  'import {IERC20} from "',
  'event Transfer(address indexed',
  'mapping(address => uint256) private',
]
const MAX_TOKENS = 32
const DEPOSIT = 50_000n * OPEN

/** Serves base and adapters in one process; two payers ask, pay with vouchers, and are redeemed on chain. */
export async function serve(world: World, stage: Stage, models: Models): Promise<ServingReport> {
  const { terminal, size, gas } = world
  const { inferencePayments, token } = stage.system
  for (const payer of world.roles.payers) {
    await gas.mined('approve a deposit', token.connect(payer).approve(inferencePayments, DEPOSIT))
    await gas.mined('deposit for inference', inferencePayments.connect(payer).deposit(DEPOSIT))
  }
  const server = await start(world, stage, models)
  try {
    const jobs = questions(world, models)
    const progress = terminal.progress('completing prompts')
    let done = 0
    const started = performance.now()
    const completions = await Promise.all(
      jobs.map(async job => {
        const completion = await ask(server, stage, job)
        progress.update(++done, size.completions)
        return { ...job, completion }
      }),
    )
    progress.stop()
    const seconds = (performance.now() - started) / 1000
    const redeemed = await redeem(world, stage, server, models)
    await tellEmission(world, stage)
    return tell(world, models, completions, seconds, redeemed)
  } finally {
    await server.close()
  }
}

interface Question {
  id: string
  modelId: number
  prompt: string
  payer: HDNodeWallet
  /** What the payer has promised for this model when it asks: enough for all of its questions. */
  promised: bigint
}

async function start(world: World, stage: Stage, { base, adapters }: Models): Promise<OpenLora> {
  const { modelRegistry, inferencePayments } = stage.system
  const ids = [base.modelId, ...adapters.map(({ modelId }) => modelId)]
  return createServer(
    {
      base: {
        digest: base.manifest.model,
        config: base.config,
        weights: base.weights,
        tokenizer: base.tokenizer,
      },
      models: await readServedModels(modelRegistry, base.modelId, ids),
      slots: 16,
      lora: { rank: 8, targets: ['query', 'key', 'value', 'output', 'up', 'down'] },
      creditLimit: DEPOSIT,
      domain: await domainOf(stage),
      journal: path.join(world.options.out, 'receipts.jsonl'),
    },
    { content: world.content, payments: paymentsView(inferencePayments), signer: world.roles.builder },
  )
}

const domainOf = async ({ system }: Stage): Promise<{ chainId: bigint; payments: string }> => ({
  chainId: BigInt(system.record.chainId),
  payments: await system.inferencePayments.getAddress(),
})

function questions({ size, roles }: World, { base, adapters }: Models): Question[] {
  const ids = [base.modelId, ...adapters.map(({ modelId }) => modelId)]
  return Array.from({ length: size.completions }, (_, i) => ({
    id: `question-${i}`,
    modelId: ids[i % ids.length]!,
    prompt: PROMPTS[Math.floor(i / ids.length) % PROMPTS.length]!,
    payer: roles.payers[Math.floor(i / ids.length) % roles.payers.length]!,
    promised: DEPOSIT / BigInt(ids.length),
  }))
}

async function ask(
  server: OpenLora,
  stage: Stage,
  { id, modelId, prompt, payer, promised }: Question,
): Promise<Completion> {
  const voucher = { payer: payer.address, modelId, cumulative: promised }
  return server.complete({
    modelId,
    prompt,
    maxTokens: MAX_TOKENS,
    temperature: 0.7,
    seed: id,
    requestId: id,
    payment: await signVoucher(payer, await domainOf(stage), voucher),
  })
}

/**
 * Every payer signs for exactly what it consumed; the server redeems, and the contributors' part moves into the pools. The
 * emission comes after it: it is capped by the fees that the Datanet's models brought the protocol.
 */
async function redeem(world: World, stage: Stage, server: OpenLora, models: Models): Promise<bigint> {
  const { roles, gas } = world
  const { inferencePayments, emissionController } = stage.system
  const ids = [models.base.modelId, ...models.adapters.map(({ modelId }) => modelId)]
  for (const payer of roles.payers) {
    for (const modelId of ids) {
      const exact = await server.settlementRequest(modelId, payer.address)
      if (exact.cumulative > 0n) await server.settle(await signVoucher(payer, await domainOf(stage), exact))
    }
  }
  const redemption = await server.redeem(inferencePayments.connect(roles.builder))
  gas.add('redeem vouchers in one batch', redemption.gasUsed)
  for (const modelId of ids) {
    await gas.mined("move the contributors' part of the fees", inferencePayments.collectContributors(modelId))
    await gas.mined('report fees for the emission', emissionController.reportFees(modelId))
  }
  await fundEmission(world, stage)
  return redemption.amount
}

async function tellEmission({ terminal }: World, { system, datanetId }: Stage): Promise<void> {
  const emitted = await system.rewardEscrow.funded((1n << 32n) | BigInt(datanetId))
  const budget = system.parameters.emission.initialBudget
  terminal.fact(
    `emission of ${Number(emitted / (OPEN / 100n)) / 100} OPEN of a budget of ${budget / OPEN}: a floor, and the protocol fees that the models brought`,
  )
}

function tell(
  { terminal }: World,
  { base, adapters }: Models,
  completions: readonly (Question & { completion: Completion })[],
  seconds: number,
  redeemed: bigint,
): ServingReport {
  const names = new Map([
    [base.modelId, base.manifest.name],
    ...adapters.map(a => [a.modelId, a.manifest.name] as const),
  ])
  const tokens = completions.reduce((sum, { completion }) => sum + completion.outputTokens.length, 0)
  const samples = completions.slice(0, names.size).map(({ modelId, prompt, completion }) => ({
    model: names.get(modelId)!,
    prompt,
    completion: completion.text,
    price: String(completion.receipt.price),
  }))
  const first = samples[0]!
  terminal.fact(
    `${completions.length} completions by ${names.size} models in one process, ${(tokens / seconds).toFixed(0)} tokens a second`,
  )
  terminal.fact(
    `for example ${JSON.stringify(first.prompt)} -> ${JSON.stringify(first.completion.slice(0, 60))}`,
  )
  terminal.fact(
    `vouchers redeemed on chain: ${Number(redeemed / (OPEN / 100n)) / 100} OPEN, a receipt for every completion`,
  )
  return {
    requests: completions.length,
    tokens,
    tokensPerSecond: tokens / seconds,
    redeemed: String(redeemed),
    samples,
  }
}
