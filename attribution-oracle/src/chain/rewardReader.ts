import type { JsonRpcProvider } from 'ethers'
import { OpenToken__factory, RewardVault__factory } from '../../../typechain-types'
import type { ClaimArguments, ClaimCall, PaidAtBlock, RewardsOnChain, Root, TokenFacts } from '../domain'
import { AttributionOracleError } from '../errors'
import { MAX_PAID_ACCOUNTS, paidCall, paidCode } from './paidCode'
import { asked } from './rpcFault'

const VAULT = RewardVault__factory.createInterface()
const TOKEN = OpenToken__factory.createInterface()
const SELECTORS = { root: VAULT.getFunction('root').selector, paid: TOKEN.getFunction('paid').selector }
const LIMIT = 1n << 128n
const WORDS = /^0x(?:[0-9a-f]{64})*$/i

interface Waiting {
  account: string
  resolve(found: Omit<PaidAtBlock, 'paid'> & { paid: bigint }): void
  reject(error: unknown): void
}

/**
 * Reads what accounts were paid, and the root that pays them, from the newest block. Nothing is kept: every answer was
 * read after it was asked for. Whoever asks while a call is under way waits for the next one, so that any number of
 * questions makes at most `atOnce` calls at a time, each of up to 512 accounts.
 */
export class RewardReader implements RewardsOnChain {
  private waiting: Waiting[] = []
  private calls = 0
  private readonly code: string

  private constructor(
    private readonly provider: Pick<JsonRpcProvider, 'send'>,
    private readonly addresses: { token: string; vault: string },
    private readonly facts: TokenFacts,
    private readonly atOnce: number,
  ) {
    this.code = paidCode(addresses, SELECTORS)
  }

  /**
   * Asks the vault for its token and the token for its name.
   * @param atOnce calls under way at a time
   * @throws RPC_FAILED
   */
  static async connect(provider: JsonRpcProvider, rewardVault: string, atOnce = 2): Promise<RewardReader> {
    const vault = RewardVault__factory.connect(rewardVault, provider)
    const address = await asked('RewardVault.token', vault.token())
    const token = OpenToken__factory.connect(address, provider)
    const symbol = await asked('OpenToken.symbol', token.symbol())
    const decimals = Number(await asked('OpenToken.decimals', token.decimals()))
    const facts = { address, symbol, decimals }
    return new RewardReader(provider, { token: address, vault: rewardVault }, facts, atOnce)
  }

  token(): Promise<TokenFacts> {
    return Promise.resolve(this.facts)
  }

  paid(account: string): Promise<Omit<PaidAtBlock, 'paid'> & { paid: bigint }> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ account, resolve, reject })
      // after this turn, so that all who ask in it go together
      if (this.waiting.length === 1) setImmediate(() => this.next())
    })
  }

  claimCall({ index, account, cumulative, prefix, proof }: ClaimArguments): ClaimCall {
    const data = VAULT.encodeFunctionData('claim', [index, account, cumulative, prefix, proof])
    return { to: this.addresses.vault, data: data as `0x${string}` }
  }

  private next(): void {
    while (this.calls < this.atOnce && this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MAX_PAID_ACCOUNTS)
      this.calls++
      void this.answer(batch).finally(() => {
        this.calls--
        this.next()
      })
    }
  }

  private async answer(batch: readonly Waiting[]): Promise<void> {
    try {
      const { paid, ...at } = await this.read(batch.map(({ account }) => account))
      batch.forEach(({ resolve }, i) => resolve({ ...at, paid: paid[i]! }))
    } catch (error) {
      // whoever waits for the same node has waited for the same failure
      for (const { reject } of [...batch, ...this.waiting.splice(0)]) reject(error)
    }
  }

  private async read(accounts: readonly string[]): Promise<PaidAtBlock> {
    const data = paidCall(this.code, accounts)
    const answer = await asked<unknown>('eth_call', this.provider.send('eth_call', [{ data }, 'latest']))
    const expected = 32 * (3 + accounts.length)
    if (typeof answer !== 'string' || answer.length !== 2 + 2 * expected || !WORDS.test(answer))
      throw strange(`${String(answer).slice(0, 80)}`, `${expected} bytes`)
    const wordAt = (i: number): string => `0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`
    const paid = accounts.map((_, i) => BigInt(wordAt(3 + i)))
    // an account that no token answered for is still the account
    if (paid.some(amount => amount >= LIMIT))
      throw strange('no amount', 'OpenToken at the vault’s token address')
    return {
      block: Number(wordAt(0)),
      root: wordAt(1).slice(0, 50).toLowerCase() as Root,
      epoch: Number(wordAt(2)),
      paid,
    }
  }
}

function strange(got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'RPC_FAILED',
    { what: 'The RPC gives no sense of what accounts were paid', got, expected },
    { method: 'eth_call', cause: `got ${got}, expected ${expected}` },
  )
}
