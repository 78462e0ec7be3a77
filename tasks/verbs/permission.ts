import { builds } from '../builds'
import type { Verb } from './verb'

export const permissionVerbs: readonly Verb[] = [
  {
    task: 'permission:grant',
    description: 'Sends in a permission that its contributor signed; anyone may',
    contract: 'permissionBook',
    method: 'grant',
    parameters: [{ name: 'grant', help: 'File of the signed grant, as permission:sign writes it' }],
    prepare: async ({ system, values }) => {
      return builds().grants.grantArguments(system, values['grant'] as string)
    },
  },
  {
    task: 'permission:revoke',
    description: 'Revokes a permission (its contributor)',
    contract: 'permissionBook',
    method: 'revoke',
    parameters: [{ name: 'grant', help: 'Id of the grant' }],
  },
  {
    task: 'permission:cancel-nonce',
    description: 'Makes a signed permission that was not sent in worthless (its contributor)',
    contract: 'permissionBook',
    method: 'cancelNonce',
    parameters: [{ name: 'nonce', help: 'The nonce of the grant' }],
  },
]
