import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range'
/** Where the kernel does not say which ports it gives by itself. */
const USUAL_RANGE = '32768 60999'
const LOWEST = 10_000
const MOST = 65_536

const given = new Set<number>()

/**
 * A port of 127.0.0.1 for a server that has to know it beforehand, to come back on it. It is none that the kernel gives to
 * connections and to servers that ask for any: one of those could take it before the server listens, or while it is away.
 */
export async function reservedPort(): Promise<number> {
  for (;;) {
    const port = drawn()
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

/** Below or above the kernel's range, whichever is larger. */
function drawn(): number {
  const range = existsSync(RANGE) ? readFileSync(RANGE, 'utf8') : USUAL_RANGE
  const [low, high] = range.trim().split(/\s+/).map(Number) as [number, number]
  if (Math.max(low - LOWEST, MOST - high - 1) < 100) return randomInt(LOWEST, MOST)
  return low - LOWEST > MOST - high - 1 ? randomInt(LOWEST, low) : randomInt(high + 1, MOST)
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch {
    return false
  }
  probe.close()
  await once(probe, 'close')
  return true
}
