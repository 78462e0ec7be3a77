import { getCreateAddress } from 'ethers'

import type { ContractName } from './deploymentRecord'
import { ProtocolError } from './errors'
import type { CreatedReference, Reference, Value } from './planTypes'

/** A value of a plan in which every reference is an address. */
export type Resolved =
  string | number | bigint | boolean | readonly Resolved[] | { readonly [field: string]: Resolved }

export function isReference(value: Value): value is Reference {
  return typeof value === 'object' && value !== null && ('addressOf' in value || 'createdBy' in value)
}

export function isCreated(reference: Reference): reference is CreatedReference {
  return 'createdBy' in reference
}

/**
 * Puts addresses in the place of references.
 * @throws ProtocolError ARGUMENT_INVALID for a reference to a contract that is not there yet.
 */
export function resolved(value: Value, addresses: Readonly<Partial<Record<ContractName, string>>>): Resolved {
  return mapValue(value, reference => {
    const name = isCreated(reference) ? reference.createdBy : reference.addressOf
    const address = addresses[name]
    if (address === undefined) {
      const expected = 'a contract that an earlier step deploys'
      throw new ProtocolError('ARGUMENT_INVALID', { name: 'plan', got: `a reference to ${name}`, expected })
    }
    return isCreated(reference) ? getCreateAddress({ from: address, nonce: reference.nonce }) : address
  }) as Resolved
}

/** The same value with each reference replaced. */
export function mapValue<T>(value: Value, replace: (reference: Reference) => T): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isReference(value)) return replace(value)
  if (Array.isArray(value)) return value.map(item => mapValue(item, replace))
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, mapValue(item, replace)]))
}

/** The references in a value, in their order. */
export function referencesIn(value: Value): Reference[] {
  const found: Reference[] = []
  mapValue(value, reference => found.push(reference))
  return found
}

/** A value as text, with references by name: `token`, `wallet of genesis`. Structs show their fields. */
export function shownValue(value: Value): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (isReference(value)) {
    return isCreated(value) ? `<${value.createdBy} creation ${value.nonce}>` : `<${value.addressOf}>`
  }
  if (Array.isArray(value)) return `[${value.map(item => shownValue(item)).join(', ')}]`
  const fields = Object.entries(value).map(([field, item]) => `${field}: ${shownValue(item)}`)
  return `{ ${fields.join(', ')} }`
}
