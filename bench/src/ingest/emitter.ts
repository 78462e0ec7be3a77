import type { EmbeddedChain } from '@open-datanets/embedded-chain'
import { AbiCoder, concat, id, toBeHex, zeroPadValue } from 'ethers'

/**
 * Code that emits an event as often as its call data says, in place of a contract whose own calls would take minutes:
 *
 *   calldatacopy(0, 96, calldatasize - 96)
 *   for (n = word 0; n > 0; n--) log3(0, calldatasize - 96, word 1, n, word 2)
 */
const EMITTER =
  '0x606036036060600037600035' + '5b8015602757604035816020356060360360' + '00a360019003600c565b00'

/** Events that one transaction emits; two transactions are a block, one of either kind. */
const EVENTS = 25
const TRANSACTIONS = 2

interface Emitted {
  contract: string
  topic: string
  second: string
  data: string
}

const coder = AbiCoder.defaultAbiCoder()
const WORD = id('a word')

/** Two events that a datanet sees all day: batches, and payments. */
function events(registry: string, payments: string): Emitted[] {
  return [
    {
      contract: registry,
      topic: id('BatchCommitted(uint32,address,uint64,uint32,bytes32,bytes32)'),
      second: zeroPadValue(registry, 32),
      data: coder.encode(['uint64', 'uint32', 'bytes32', 'bytes32'], [1n << 32n, 100, WORD, WORD]),
    },
    {
      contract: payments,
      topic: id('VoucherRedeemed(address,uint32,uint128,uint128,bytes32)'),
      second: toBeHex(7, 32),
      data: coder.encode(['uint128', 'uint128', 'bytes32'], [10n ** 18n, 10n ** 21n, WORD]),
    },
  ]
}

/**
 * Fills a node with real events of the system, several transactions to a block.
 * @returns how many there are, all of them final
 */
export async function emitEvents(
  { provider, mine }: EmbeddedChain,
  sender: string,
  contracts: { registry: string; payments: string },
  blocks: number,
): Promise<number> {
  const kinds = events(contracts.registry, contracts.payments)
  for (const { contract } of kinds) await provider.send('anvil_setCode', [contract, EMITTER])
  await provider.send('evm_setAutomine', [false])
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < TRANSACTIONS; i++) {
      const { contract, topic, second, data } = kinds[i % kinds.length]!
      const input = concat([toBeHex(EVENTS, 32), topic, second, data])
      await provider.send('eth_sendTransaction', [
        { from: sender, to: contract, gas: '0x1e8480', data: input },
      ])
    }
    await mine(1)
  }
  await mine(3)
  return blocks * TRANSACTIONS * EVENTS
}
