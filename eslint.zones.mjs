// Who may import what. ESLint holds it, and test/lint plants one violation of every zone.

const ORACLE = './attribution-oracle/src'

// A folder of the oracle -> what it may import besides itself. Islands see the domain and nothing else; the pipeline
// is the one bridge between them. The files beside these folders are the composition root: only they build adapters,
// and nothing below imports them, errors.ts excepted.
export const oracle = {
  domain: ['errors.ts'],
  chain: ['domain', 'errors.ts'],
  store: ['domain', 'errors.ts'],
  content: ['domain', 'errors.ts'],
  screening: ['domain', 'errors.ts'],
  scoring: ['domain', 'errors.ts'],
  settlement: ['domain', 'errors.ts'],
  job: ['domain', 'errors.ts'],
  corpusIndex: ['domain', 'errors.ts'],
  featureStore: ['domain', 'errors.ts'],
  config: ['domain', 'errors.ts'],
  api: ['domain', 'errors.ts'],
  metrics: ['domain', 'errors.ts'],
  logging: ['domain', 'errors.ts'],
  work: ['domain', 'errors.ts'],
  keys: ['domain', 'errors.ts'],
  thread: ['domain', 'errors.ts'],
  pipeline: [
    ...['domain', 'errors.ts', 'chain', 'store', 'content', 'screening', 'scoring', 'settlement'],
    ...['job', 'corpusIndex', 'featureStore'],
  ],
  // what runs for as long as the process does: it calls the pipeline, again and again
  service: ['domain', 'errors.ts', 'chain', 'store', 'content', 'pipeline'],
}

const islands = Object.entries(oracle).map(([folder, allowed]) => ({
  target: `${ORACLE}/${folder}`,
  from: ORACLE,
  except: [`./${folder}`, ...allowed.map(name => `./${name}`)],
  message: `${folder} may import only ${['itself', ...allowed].join(', ')}`,
}))

const never = (target, from) => ({
  target: `./${target}`,
  from: `./${from}`,
  message: `${target} never imports ${from}`,
})

// A room of the repository -> the rooms that it must never import.
const forbidden = {
  'content-store': [
    'onnx-engine',
    'attribution-oracle',
    'model-factory',
    'open-lora',
    'scripts',
    'tasks',
    'typechain-types',
  ],
  'embedded-chain': [
    'content-store',
    'onnx-engine',
    'attribution-oracle',
    'model-factory',
    'open-lora',
    'scripts',
    'tasks',
    'typechain-types',
  ],
  'onnx-engine': [
    'content-store',
    'attribution-oracle',
    'model-factory',
    'open-lora',
    'scripts',
    'tasks',
    'typechain-types',
  ],
  'attribution-oracle/src': ['model-factory', 'open-lora', 'scripts', 'tasks'],
  'model-factory/src': ['attribution-oracle', 'open-lora', 'scripts', 'tasks'],
  'open-lora/src': ['attribution-oracle', 'model-factory', 'scripts', 'tasks'],
  scripts: ['attribution-oracle', 'model-factory', 'open-lora', 'onnx-engine', 'tasks'],
  tasks: ['attribution-oracle', 'model-factory', 'open-lora', 'onnx-engine'],
}

const rooms = Object.entries(forbidden).flatMap(([target, froms]) =>
  [...froms, 'test', 'demo', 'bench'].map(from => never(target, from)),
)
const showcases = [never('demo/src', 'bench'), never('bench/src', 'demo')]
// A node of one's own is for showing and testing; products talk to the chain that they are given.
const nodes = ['attribution-oracle', 'model-factory', 'open-lora', 'onnx-engine', 'content-store']
  .map(room => `${room}/src`)
  .concat('scripts', 'tasks')
  .map(target => never(target, 'embedded-chain'))

// Product code imports nobody's tests, its own included.
const tested = [
  'content-store',
  'embedded-chain',
  'onnx-engine',
  'attribution-oracle',
  'model-factory',
  'open-lora',
  'demo',
]
const products = [...[...tested, 'bench'].map(workspace => `${workspace}/src`), 'scripts', 'tasks']
const tests = products.flatMap(target =>
  ['test', ...tested.map(workspace => `${workspace}/test`)].map(from => never(target, from)),
)

// Only some folders know the chain's typed contracts: the oracle's other islands see domain types.
const contractsOnlyIn = Object.keys(oracle)
  .filter(folder => folder !== 'chain')
  .map(folder => never(`attribution-oracle/src/${folder}`, 'typechain-types'))

export const zones = [...islands, ...rooms, ...showcases, ...nodes, ...tests, ...contractsOnlyIn]

// A package -> the only places of the oracle that may import it.
export const owners = {
  ethers: ['chain', 'keys'],
  kysely: ['store'],
  '@electric-sql/pglite': ['store'],
  '@ipld/car': ['content'],
  '@ipld/dag-cbor': ['content'],
  multiformats: ['content'],
  'hash-wasm': ['settlement'],
  '@openzeppelin/merkle-tree': ['chain'],
  '@open-datanets/onnx-engine': ['scoring', 'job', 'thread'],
  pg: ['store'],
  fastify: ['api'],
  pino: ['logging'],
  'prom-client': ['metrics'],
  '@nats-io/jetstream': ['work'],
  '@nats-io/transport-node': ['work'],
  wabt: ['scoring'],
  commander: ['main.ts', 'cli'],
}

// Folders that know no clock, environment, network, file system or chance: what they give depends on their arguments.
export const pure = [
  ...['domain', 'settlement', 'screening', 'scoring'].map(folder => `attribution-oracle/src/${folder}`),
  ...[
    'model',
    'graph',
    'features',
    'causalLm',
    'random',
    'tokenizer',
    'safetensors',
    'npy',
    'differentiate/graph',
  ].map(folder => `onnx-engine/src/${folder}`),
]
