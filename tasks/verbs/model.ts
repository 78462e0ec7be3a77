import { account, DATANET, MODEL, open, type Verb } from './verb'

export const modelVerbs: readonly Verb[] = [
  {
    task: 'model:register',
    description: 'Registers a model or an adapter (builder of its datanet)',
    contract: 'modelRegistry',
    method: 'registerModel',
    parameters: [
      { name: 'name', help: 'Its name' },
      { name: 'base', help: 'Id of the model that it is built on; 0: none', fallback: '0' },
      DATANET,
      { name: 'artifactDigest', help: 'SHA-256 of the model file' },
      { name: 'manifestDigest', help: 'SHA-256 of the training manifest' },
      open('price', 'OPEN per token'),
      {
        name: 'supersedes',
        help: 'Id of the model of the same owner that it replaces; 0: none',
        fallback: '0',
      },
      { name: 'lineageBps', help: "Part of the owner's fees that goes to the base's owner", fallback: '0' },
    ],
  },
  {
    task: 'model:price',
    description: 'Sets the price of a model (owner)',
    contract: 'modelRegistry',
    method: 'setPrice',
    parameters: [MODEL, open('price', 'OPEN per token')],
  },
  {
    task: 'model:transfer',
    description: 'Offers a model to a new owner, who has to accept it (owner)',
    contract: 'modelRegistry',
    method: 'transferModel',
    parameters: [MODEL, account('to', 'The new owner')],
  },
  {
    task: 'model:accept',
    description: 'Takes over a model that was offered to the sender',
    contract: 'modelRegistry',
    method: 'acceptModel',
    parameters: [MODEL],
  },
  {
    task: 'model:server',
    description: 'Lets an account redeem vouchers for a model, or stops it (owner)',
    contract: 'inferencePayments',
    method: 'setServer',
    parameters: [
      MODEL,
      account('server', 'The server'),
      { name: 'allowed', help: 'true or false', fallback: 'true' },
    ],
  },
  {
    task: 'model:pass-lineage',
    description: "Passes the lineage part of a model's owner on to the owner of its base",
    contract: 'inferencePayments',
    method: 'passLineage',
    parameters: [MODEL],
  },
]
