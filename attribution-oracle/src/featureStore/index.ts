export {
  FeatureStore,
  type ComputeFeatures,
  type FeaturePage,
  type FeatureStoreOptions,
} from './featureStore'
export { FEATURE_STORE_FORMAT, type FeatureIdentity, type FeatureManifest } from './manifest'
export { dequantiseRows, quantiseRows, type QuantisedRows } from './quantise'
