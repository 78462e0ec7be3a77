import { ProtocolError } from './errors'
import { systemChecks, type Check } from './systemChecks'
import type { System } from './system'

/**
 * Reads a deployed system back and stops at the first thing that is not as meant.
 * @throws ProtocolError CODE_MISMATCH, POINTER_MISMATCH, ROLE_MISMATCH.
 */
export async function checkSystem(system: System): Promise<void> {
  const failed = (await systemChecks(system)).find(({ passed }) => !passed)
  if (failed !== undefined) throw mismatch(system, failed)
}

function mismatch({ record }: System, { kind, name, got, expected }: Check): ProtocolError {
  switch (kind) {
    case 'code': {
      const contract = name.slice(0, name.indexOf('.')) as keyof typeof record.contracts
      const { address } = record.contracts[contract]
      return new ProtocolError('CODE_MISMATCH', { contract, address, got, expected })
    }
    case 'pointer':
      return new ProtocolError('POINTER_MISMATCH', { pointer: name, got, expected })
    case 'role':
      return new ProtocolError('ROLE_MISMATCH', { role: name, got, expected })
  }
}
