// A process of its own, so that its peak memory is that of one scoring and nothing else.
import { scoreJob } from '@open-datanets/attribution-oracle'

export interface Scored {
  readonly seconds: number
  /** peak resident set of the process */
  readonly bytes: number
  /** of the process before it scored: Node, its modules and the engine */
  readonly bytesBefore: number
  readonly computed: number
}

async function main([job, out]: readonly string[]): Promise<void> {
  const bytesBefore = 1024 * process.resourceUsage().maxRSS
  const started = performance.now()
  const { features } = await scoreJob(job!, { out: out! })
  const scored: Scored = {
    seconds: (performance.now() - started) / 1000,
    bytes: 1024 * process.resourceUsage().maxRSS,
    bytesBefore,
    computed: features?.computed ?? 0,
  }
  process.stdout.write(JSON.stringify(scored))
}

if (require.main === module) void main(process.argv.slice(2))
