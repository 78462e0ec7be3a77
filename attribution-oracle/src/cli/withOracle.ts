import { compose, type Oracle } from '../compose'
import type { Answer, Session } from './session'

/** Reads the configuration, builds the oracle, runs the work and closes everything again, whatever happened. */
export async function withOracle<A extends Answer | number>(
  session: Session,
  work: (oracle: Oracle) => Promise<A>,
): Promise<A> {
  const { config } = await session.configure()
  const { printer, signal, flags } = session
  const confirm = flags['confirm'] === true
  const oracle = await compose(config, { confirm, onProgress: printer.progress, signal })
  try {
    return await work(oracle)
  } finally {
    await oracle.close()
  }
}
