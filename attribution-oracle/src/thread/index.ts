export { JobThread, type JobThreadOptions } from './jobThread'
export { serveJobs, type Serving } from './serveJobs'
