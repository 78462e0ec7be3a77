import { cpus, loadavg, totalmem } from 'node:os'
import { runtimeVersion } from '@open-datanets/onnx-engine'

/** The machine in one line. The load tells how far the figures below can be trusted. */
export function machine(): string {
  const cores = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const [load = 0] = loadavg()
  return [
    `${cores.length} cores ${cores[0]?.model.trim() ?? process.arch}`,
    `${memory} GiB`,
    `Node ${process.versions.node}`,
    `ONNX Runtime ${runtimeVersion}`,
    `load ${load.toFixed(1)} at the start`,
  ].join(', ')
}
