export { OnnxEngineError } from './errors'
export type { OnnxEngineErrorCode, OnnxEngineErrorData } from './errors'
export * from './model/types'
export * from './model/attributes'
export { castTensor, elementCount, int64s, numbersOf, scalar, tensor } from './model/tensor'
export { stringBytesOf, stringsOf, stringTensor } from './model/strings'
export { encodeModel } from './model/encode'
export type { EncodeOptions, ExternalPlace } from './model/encode'
export { decodeModel } from './model/decode'
export type { DecodeModelOptions, ExternalData } from './model/externalData'
export { readModelFile } from './files/readModelFile'
export { writeModelFile } from './files/writeModelFile'
export type { WriteModelOptions } from './files/writeModelFile'
export { readArrays, writeArray } from './files/arrays'
export { decodeNpy } from './npy/decode'
export { encodeNpy } from './npy/encode'
export { decodeNpz, encodeNpz } from './npy/npz'
export type { EncodeNpzOptions } from './npy/npz'
export type { NpyArray, NpyData, NpyDType } from './npy/npyArray'
export { GraphBuilder } from './graph/builder'
export type { BuilderOptions } from './graph/builder'
export type { Value } from './graph/value'
export { Tokenizer } from './tokenizer/tokenizer'
export { trainBpe } from './tokenizer/trainBpe'
export type { TrainBpeOptions } from './tokenizer/trainBpe'
export { decodeSafetensors } from './safetensors/decode'
export type { SafetensorsFile } from './safetensors/decode'
export { encodeSafetensors } from './safetensors/encode'
export type { EncodeSafetensorsOptions } from './safetensors/encode'
export { adapterFromSafetensors, adapterToSafetensors, peftConfig } from './safetensors/adapter'
export type { AdapterFileOptions } from './safetensors/adapter'
export { crossEntropy, crossEntropyOf } from './graph/crossEntropy'
export type { CrossEntropy } from './graph/crossEntropy'
export { gradients } from './graph/gradients/reverse'
export { CounterStream, counterBytes } from './random/counterStream'
export type { Feeds, Outputs } from './session/feeds'
export type { Optimization, SessionOptions } from './session/sessionOptions'
export { describeProviders } from './session/providers'
export type { Provider, ProviderChoice, ProviderName } from './session/providers'
export { SessionPool } from './session/sessionPool'
export type { PoolOptions, RunOptions } from './session/sessionPool'
export { DirectSession } from './session/directSession'
export { startThread } from './session/startThread'
export { runtimeVersion } from './session/runtimeVersion'
export type { DirectSessionOptions } from './session/directSession'
export { Adam } from './training/adam'
export type { AdamOptions, AdamState } from './training/adam'
export { batchOf, shardsOf } from './training/batch'
export type { Batch } from './training/batch'
export { learningRateAt } from './training/learningRate'
export type { Schedule } from './training/learningRate'
export { Trainer } from './training/trainer'
export type {
  Progress,
  TrainerOptions,
  TrainingResult,
  TrainingState,
  TrainOptions,
} from './training/trainer'
export { checkConfig } from './causalLm/config'
export type { CausalLmConfig } from './causalLm/config'
export { LINEARS, linearSizes } from './causalLm/linears'
export type { Linear, LinearSize } from './causalLm/linears'
export { loraLayout, pack, parameterCount, parameterLayout, unpack } from './causalLm/parameterLayout'
export type { LoraShape, ParameterLayout, ParameterSlot, Weights } from './causalLm/parameterLayout'
export { initialWeights } from './causalLm/initialWeights'
export { initialLora, mergeLora, packLora, unpackLora } from './causalLm/lora'
export type { LoraAdapter, LoraFactors, LoraOptions } from './causalLm/lora'
export { forwardModel } from './causalLm/forwardModel'
export { loraTrainingModel, trainingModel } from './causalLm/trainingModel'
export { decodeStepModel } from './causalLm/decodeStepModel'
export type { DecodeOptions } from './causalLm/decodeStepModel'
export { KeyValueCache } from './causalLm/keyValueCache'
export { AdapterSlots, slotMisfit } from './causalLm/adapterSlots'
export type { SlotLayout, SlotMisfit } from './causalLm/adapterSlots'
export { firstSlots } from './causalLm/firstSlots'
export { toFloat64 } from './graph/float64/twin'
export { featureGraph } from './features/featureGraph'
export type { FeatureGraph, FeatureLayer, FeatureOptions } from './features/featureGraph'
export { projection } from './features/projection'
export { checkGradients } from './differentiate/check/checkGradients'
export type {
  GradientCheck,
  GradientCheckOptions,
  ParameterCheck,
} from './differentiate/check/checkGradients'
export { unsupportedOperators } from './differentiate/check/unsupported'
export type { UnsupportedOperator } from './differentiate/check/unsupported'
export { GradientPass } from './differentiate/gradientPass'
export { separateParameters } from './differentiate/graph/separate'
export { passGraph } from './differentiate/graph/passGraph'
export type { PassParameter } from './differentiate/graph/prepared'
export type { PassGraph, PassGraphOptions } from './differentiate/graph/passGraph'
export type {
  CapturedLayer,
  Direction,
  LayerCodes,
  Loss,
  PassOptions,
  PassOutput,
  Projection,
  RunChoice,
  Samples,
  SessionChoice,
  Want,
} from './differentiate/options'
export { retrain, withParameters } from './training/retrain'
export type { RetrainOptions } from './training/retrain'
export { Retrainer } from './training/retrain/retrainer'
export type { Retrained, RetrainerOptions, RetrainJob } from './training/retrain/retrainer'
export type { LearningRate, Optimizer, Recipe } from './training/retrain/recipe'
