import type { JsonRpcProvider } from 'ethers'
import type { OracleSigner, Outbox } from '../domain'
import { isFault } from '../errors'
import { operatorSetAt, type Addresses } from './contracts'
import { signersOf } from './quorum'
import { called } from './reverts'
import { ethersChain, Sender, type SendOptions, type Sent } from './sending'

/** Pays out what a won challenge marked: half of each bond is burned, half goes to whoever struck the post down. */
export class Slashing {
  private readonly operators: ReturnType<typeof operatorSetAt>
  private readonly sender: Sender

  constructor(
    provider: JsonRpcProvider,
    signer: OracleSigner,
    addresses: Addresses,
    outbox: Outbox,
    options: SendOptions = {},
  ) {
    this.operators = operatorSetAt(addresses, provider)
    this.sender = new Sender(ethersChain(provider), signer, outbox, options)
  }

  /**
   * Settles the slash of everybody who signed a rejected post; whoever was settled already is passed over.
   * @param signers as in the RootRejected event
   */
  async settle(epoch: number, signers: number): Promise<Sent[]> {
    const { operators } = this
    const answer = operators.membersOf(epoch)
    const [members] = await called('OperatorSet.membersOf', operators.interface, answer)
    const sent: Sent[] = []
    for (const operator of signersOf(members, signers)) {
      if (await this.marked(operator)) sent.push(await this.settleOne(epoch, operator))
    }
    return sent
  }

  private settleOne(epoch: number, operator: string): Promise<Sent> {
    return this.sender.send({
      epoch,
      action: `settle the slash of ${operator}`,
      request: async () => {
        const from = this.sender.address
        const call = this.operators.settleSlash.staticCall(operator, { from })
        await called('OperatorSet.settleSlash', this.operators.interface, call)
        return this.operators.settleSlash.populateTransaction(operator)
      },
      // an operator may bond again and be slashed again within an epoch
      undone: () => this.marked(operator),
    })
  }

  private async marked(operator: string): Promise<boolean> {
    const { operators } = this
    try {
      const call = operators.settleSlash.staticCall(operator, { from: this.sender.address })
      await called('OperatorSet.settleSlash', operators.interface, call)
      return true
    } catch (error) {
      if (isFault(error, 'CALL_REVERTED')) return false
      throw error
    }
  }
}
