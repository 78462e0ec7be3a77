export { createMetrics, type Metrics, type MetricsOptions } from './createMetrics'
