import type { HDNodeWallet } from 'ethers'

const PORT = 8545
const NETWORK = 'seeded'
const FIRST_API = 8787

/** Where the chain and its record are, as `init` has to be told. */
export interface Place {
  url: string
  network: string
}

/** What is typed next: for one operator two commands, for several a block each, for a terminal each. */
export function nextSteps(place: Place, operators: readonly HDNodeWallet[]): string[] {
  const only = operators.length === 1
  if (only) return [`npm run oracle -- init${whereOf(place)} && npm run oracle -- run`]
  const blocks = operators.map((_, i) => [`operator ${i + 1}:`, ...blockOf(place, operators, i)])
  return ['each operator in a terminal of its own', ...blocks.flat()]
}

function blockOf(place: Place, operators: readonly HDNodeWallet[], i: number): string[] {
  const api = (seat: number): string => `http://127.0.0.1:${FIRST_API + seat}`
  const peers = operators.flatMap((_, seat) => (seat === i ? [] : [api(seat)]))
  // emptied with the record: no store of an earlier chain is met
  const config = `--config deployments/${place.network}/operator-${i + 1}/oracle.json`
  return [
    `export ORACLE_OPERATOR_KEY=${operators[i]!.privateKey}`,
    `export ORACLE_CONFIRM=true ORACLE_HTTP_PORT=${FIRST_API + i} ORACLE_PEERS=${peers.join(',')}`,
    `npm run oracle -- init ${config}${whereOf(place)}`,
    `npm run oracle -- run ${config} --submission-delay-ms 5000`,
  ]
}

/** Nothing where `init` finds it by itself. */
function whereOf({ url, network }: Place): string {
  const port = Number(new URL(url).port)
  return (port === PORT ? '' : ` --rpc-url ${url}`) + (network === NETWORK ? '' : ` --deployment ${network}`)
}
