import type { BaseContract, Signer } from 'ethers'

import { ProtocolError } from './errors'

/** The signer that a contract is connected to. @throws ProtocolError ARGUMENT_INVALID when it can only read. */
export async function signerOf(contract: BaseContract): Promise<{ signer: Signer; account: string }> {
  const { runner } = contract
  if (runner === null || !isSigner(runner)) {
    const data = {
      name: 'contract',
      got: 'a contract that can only read',
      expected: 'one connected to a signer',
    }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  return { signer: runner, account: await runner.getAddress() }
}

function isSigner(runner: object): runner is Signer {
  return 'getAddress' in runner && typeof runner.getAddress === 'function'
}
