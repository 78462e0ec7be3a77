import { runtimeVersion } from '@open-datanets/onnx-engine'
import packageJson from '../../../../package.json'

/** To be raised with every change that lets a shard come to other numbers. */
const REVISION = 2

/**
 * What decides the numbers of a shard's result besides the shard: the versions of this code and of ONNX Runtime, as one
 * word of letters, digits, _ and -.
 */
export const SHARD_ENGINE = [`${REVISION}`, packageJson.version, `ort${runtimeVersion}`]
  .join('-')
  .replace(/[^A-Za-z0-9-]/g, '_')
