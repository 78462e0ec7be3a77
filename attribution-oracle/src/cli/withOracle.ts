import { compose, type Oracle } from '../compose'
import { expectLock } from '../service'
import { openLog } from './log'
import type { Answer, Session } from './session'

/** Reads the configuration, builds the oracle, runs the work and closes everything again, whatever happened. */
export async function withOracle<A extends Answer | number>(
  session: Session,
  work: (oracle: Oracle) => Promise<A>,
): Promise<A> {
  const { config, origins } = await session.configure()
  const { printer, signal, flags } = session
  const confirm = flags['confirm'] === true
  // a single step says what goes wrong; what goes well is its result
  const logLevel = origins['logLevel'] === 'default' ? 'warn' : config.logLevel
  const { observe } = openLog({ ...config, logLevel }, { json: flags['json'] === true })
  const oracle = await compose(config, { confirm, onProgress: printer.progress, signal, observe })
  try {
    // beside an operator that runs, nothing is sent
    const lock = oracle.poster && (await expectLock(oracle.operating))
    try {
      return await work(oracle)
    } finally {
      await lock?.release()
    }
  } finally {
    await oracle.close()
  }
}
