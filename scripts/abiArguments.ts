import { getAddress, isAddress, isHexString, parseEther, type FunctionFragment, type ParamType } from 'ethers'

import type { Fault } from './errors'

/** How a number is written: as it is, or in OPEN with up to 18 decimals ("12.5", or "7wei"). */
export type Unit = 'OPEN'

/** The arguments of a function without its structs' nesting: what a command line can ask for one by one. */
export function leavesOf(inputs: readonly ParamType[]): ParamType[] {
  return inputs.flatMap(input => (input.isTuple() ? leavesOf(input.components) : [input]))
}

/** The inverse of `leavesOf`: nests values as the function takes them. */
export function nested(inputs: readonly ParamType[], leaves: readonly unknown[]): unknown[] {
  const rest = [...leaves]
  const take = (input: ParamType): unknown => (input.isTuple() ? input.components.map(take) : rest.shift())
  return inputs.map(take)
}

/**
 * A JSON value, or the text of a command line, as the value of an ABI type. Numbers are decimal text where JSON would
 * lose digits; lists are JSON or separated by commas; structs are objects by field, or lists in order.
 * @param faults gets everything that is wrong, under `name`.
 */
export function abiValue(
  type: ParamType,
  value: unknown,
  name: string,
  faults: Fault[],
  unit?: Unit,
): unknown {
  if (type.isArray()) return arrayOf(type, value, name, faults, unit)
  if (type.isTuple()) return structOf(type, value, name, faults)
  const read = scalar(type.baseType, value, unit)
  if (read !== undefined) return read
  faults.push({ name, got: shown(value), expected: wanted(type.baseType, unit) })
  return undefined
}

/** The arguments of a function out of a JSON list, or of an object by their names. */
export function abiArguments(
  fragment: FunctionFragment,
  value: unknown,
  name: string,
  faults: Fault[],
): unknown[] {
  const inputs = fragment.inputs
  const given = Array.isArray(value) ? value : inputs.map(input => fieldOf(value, input.name))
  if (Array.isArray(value) && value.length !== inputs.length) {
    const expected = `${inputs.length} arguments of ${fragment.format()}`
    faults.push({ name, got: `${value.length}`, expected })
    return []
  }
  if (!Array.isArray(value)) refuseOthers(value, inputs, name, faults)
  return inputs.map((input, i) => abiValue(input, given[i], `${name}.${input.name || i}`, faults))
}

function arrayOf(type: ParamType, value: unknown, name: string, faults: Fault[], unit?: Unit): unknown {
  const items = Array.isArray(value) ? value : listOf(value)
  const child = type.arrayChildren as ParamType
  if (items === undefined || (type.arrayLength !== -1 && items.length !== type.arrayLength)) {
    const count = type.arrayLength === -1 ? 'a list' : `a list of ${type.arrayLength}`
    faults.push({ name, got: shown(value), expected: `${count} of ${child.format('sighash')}` })
    return undefined
  }
  return items.map((item, i) => abiValue(child, item, `${name}.${i}`, faults, unit))
}

function listOf(value: unknown): unknown[] | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (text === '') return []
  if (!text.startsWith('[')) return text.split(',').map(item => item.trim())
  const parsed = parsedJson(text)
  return Array.isArray(parsed) ? parsed : undefined
}

function structOf(type: ParamType, value: unknown, name: string, faults: Fault[]): unknown {
  const components = type.components ?? []
  const read = typeof value === 'string' ? parsedJson(value) : value
  if (
    typeof read !== 'object' ||
    read === null ||
    (Array.isArray(read) && read.length !== components.length)
  ) {
    faults.push({
      name,
      got: shown(value),
      expected: `an object of ${components.map(({ name }) => name).join(', ')}`,
    })
    return undefined
  }
  if (!Array.isArray(read)) refuseOthers(read, components, name, faults)
  return components.map((component, i) => {
    const item: unknown = Array.isArray(read) ? read[i] : fieldOf(read, component.name)
    return abiValue(component, item, `${name}.${component.name}`, faults)
  })
}

function refuseOthers(value: unknown, known: readonly ParamType[], name: string, faults: Fault[]): void {
  const names = new Set(known.map(({ name }) => name))
  const others = Object.keys(Object(value)).filter(key => !names.has(key))
  if (others.length === 0) return
  faults.push({ name, got: `the keys ${others.join(', ')}`, expected: `only ${[...names].join(', ')}` })
}

function scalar(type: string, value: unknown, unit?: Unit): unknown {
  if (type === 'address') return typeof value === 'string' && isAddress(value) ? getAddress(value) : undefined
  if (type === 'string') return typeof value === 'string' ? value : undefined
  if (type === 'bool')
    return value === true || value === 'true'
      ? true
      : value === false || value === 'false'
        ? false
        : undefined
  if (type.startsWith('bytes')) {
    const size = type === 'bytes' ? true : Number(type.slice('bytes'.length))
    return isHexString(value, size) && value.length % 2 === 0 ? value.toLowerCase() : undefined
  }
  const number = numberOf(value, unit)
  return number !== undefined && isInRange(type, number) ? number : undefined
}

function numberOf(value: unknown, unit?: Unit): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  const wei = /^(\d+)wei$/.exec(value)
  if (unit === 'OPEN' && wei === null) return /^\d+(\.\d{1,18})?$/.test(value) ? parseEther(value) : undefined
  const digits = wei?.[1] ?? value
  return /^-?\d+$/.test(digits) ? BigInt(digits) : undefined
}

function isInRange(type: string, number: bigint): boolean {
  const bits = BigInt(/\d+$/.exec(type)?.[0] ?? 256)
  return type.startsWith('u')
    ? number >= 0n && number < 1n << bits
    : number >= -(1n << (bits - 1n)) && number < 1n << (bits - 1n)
}

function wanted(type: string, unit?: Unit): string {
  if (unit === 'OPEN')
    return `an amount of OPEN with at most 18 decimals, like 12.5, or of wei, like 7wei (${type})`
  if (type === 'address') return 'an address (0x and 40 hex digits, a valid checksum if mixed case)'
  if (type === 'bool') return 'true or false'
  if (type === 'bytes') return '0x and an even number of hex digits'
  if (type.startsWith('bytes')) return `0x and ${2 * Number(type.slice('bytes'.length))} hex digits`
  if (type === 'string') return 'a text'
  return `a whole number (${type})`
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing'
  const text = typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
