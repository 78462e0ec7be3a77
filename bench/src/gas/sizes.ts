import type { Figure } from './figure'
import type { Protocol } from './protocol'

const BARS: Readonly<Record<string, number>> = { rewardVault: 2500, token: 10_000 }
const BAR = 17_999

/** Bytes of the deployed code of every contract. */
export async function sizeFigures({ anvil, system }: Protocol): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [name, { address }] of Object.entries(system.record.contracts)) {
    const code = await anvil.provider.getCode(address)
    figures.push({ name: `bytes of ${name}`, value: code.length / 2 - 1, bar: BARS[name] ?? BAR })
  }
  return figures
}
