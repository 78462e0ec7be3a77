/** How far a training is. `name` is the model's. */
export interface FactoryProgress {
  stage: 'tokenizer' | 'train' | 'evaluate'
  name: string
  done: number
  total: number
  /** Mean loss of the step just done, in nats per token. */
  loss?: number
}
