import { Inspector, localKeys, type Addresses } from '../../chain'
import { LOCAL_CHAINS, type FoundDeployment } from './findDeployment'

/** What the configuration file says of the key, and what the operator is told of it. */
export interface ChosenKey {
  settings: Record<string, unknown>
  says: string
}

const TIMEOUT_MS = 5_000
/** Whoever sets one of these brings a key along. */
const GIVEN = ['ORACLE_OPERATOR_KEY', 'ORACLE_OPERATOR_KEY_FILE', 'ORACLE_KEYSTORE', 'ORACLE_SIGNER_URL']

/** The variable that names a key already. */
export function givenKey(env: NodeJS.ProcessEnv): string | undefined {
  return GIVEN.find(name => env[name])
}

/** On a local chain: the key of the first operator that is one of the accounts which every local node has. */
export async function localOperatorKey({ record, rpcUrl }: FoundDeployment): Promise<ChosenKey | undefined> {
  if (!LOCAL_CHAINS.includes(record.chainId)) return undefined
  const inspector = new Inspector(rpcUrl, TIMEOUT_MS)
  try {
    for (const { address, key } of localKeys()) {
      const { place } = await inspector.operator(record.contracts as Addresses, address)
      if (place < 0) continue
      const says = `${address}, an operator of this local chain; its key is known to everybody`
      return { settings: { operatorKey: key, confirm: true }, says }
    }
    return undefined
  } finally {
    inspector.close()
  }
}
