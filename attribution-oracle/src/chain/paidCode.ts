import { concat, dataLength, getBytes, toBeHex, zeroPadValue } from 'ethers'

/** More would not fit into what a creation may return (24,576 bytes, EIP-170). */
export const MAX_PAID_ACCOUNTS = 512

/**
 * The code of a contract that is never created: as the data of an eth_call without an address it runs, and what it
 * returns is the answer. So one call reads the vault's root and any number of accounts at one block, on any node, with
 * nothing deployed. Words behind the code: token, vault, nothing, accounts; words returned in their place: block number,
 * root, epoch, what each account was paid.
 * @returns all of it but the accounts
 */
export function paidCode(
  { token, vault }: { token: string; vault: string },
  selectors: { root: string; paid: string },
): string {
  const code = assemble([
    ...['CODE_LENGTH', 'DUP1', 'CODESIZE', 'SUB', 'DUP1', 'SWAP2', 'PUSH0', 'CODECOPY'], // [end]
    ...[selectors.root, '0xe0', 'SHL', 'DUP2', 'MSTORE'],
    ...['0x40', '0x20', '0x04', 'DUP4', '0x20', 'MLOAD', 'GAS', 'STATICCALL', 'ISZERO', '@fail', 'JUMPI'],
    ...['PUSH0', 'MLOAD', 'NUMBER', 'PUSH0', 'MSTORE'], // [end, token]
    ...[selectors.paid, '0xe0', 'SHL', 'DUP3', 'MSTORE', '0x60'], // [end, token, at]
    ...[':next', 'DUP3', 'DUP2', 'LT', 'ISZERO', '@done', 'JUMPI'],
    ...['DUP1', 'MLOAD', 'DUP4', '0x04', 'ADD', 'MSTORE'],
    ...['0x20', 'DUP2', '0x24', 'DUP6', 'DUP6', 'GAS', 'STATICCALL', 'ISZERO', '@fail', 'JUMPI'],
    ...['0x20', 'ADD', '@next', 'JUMP'],
    ...[':done', 'POP', 'POP', 'PUSH0', 'RETURN'],
    ...[':fail', 'PUSH0', 'PUSH0', 'REVERT'],
  ])
  return concat([code, ...[token, vault, '0x'].map(word => zeroPadValue(word, 32))])
}

/** The call for accounts of 20 bytes each: their words are put behind the code as they are, as there are many a second. */
export function paidCall(code: string, accounts: readonly string[]): string {
  let data = code
  for (const account of accounts) data += ACCOUNT_PADDING + account.slice(2)
  return data
}

const ACCOUNT_PADDING = '00'.repeat(12)

const OPCODES: Readonly<Record<string, number>> = {
  ...{ ADD: 0x01, SUB: 0x03, LT: 0x10, ISZERO: 0x15, SHL: 0x1b, CODESIZE: 0x38, CODECOPY: 0x39 },
  ...{ NUMBER: 0x43, POP: 0x50, MLOAD: 0x51, MSTORE: 0x52, JUMP: 0x56, JUMPI: 0x57, GAS: 0x5a, PUSH0: 0x5f },
  ...{ DUP1: 0x80, DUP2: 0x81, DUP3: 0x82, DUP4: 0x83, DUP6: 0x85, SWAP2: 0x91 },
  ...{ RETURN: 0xf3, STATICCALL: 0xfa, REVERT: 0xfd },
}
const JUMPDEST = 0x5b
const PUSH1 = 0x60

/** Opcodes by name, constants to push as hexadecimal, `:label` for a place and `@label` to push it. */
function assemble(program: readonly string[]): string {
  const places = new Map<string, number>()
  const bytesOf = (word: string): number[] => {
    if (word.startsWith(':')) return [JUMPDEST]
    if (word.startsWith('@')) return [PUSH1, places.get(word.slice(1)) ?? 0]
    if (word === 'CODE_LENGTH') return [PUSH1, places.get('end') ?? 0]
    if (word.startsWith('0x')) return [PUSH1 + dataLength(word) - 1, ...getBytes(word)]
    return [OPCODES[word]!]
  }
  let at = 0
  for (const word of program) {
    if (word.startsWith(':')) places.set(word.slice(1), at)
    at += bytesOf(word).length
  }
  places.set('end', at)
  return concat(program.flatMap(bytesOf).map(byte => toBeHex(byte, 1)))
}
