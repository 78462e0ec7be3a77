/** Numbers from 0 to 1 that a seed decides (Mulberry32, public domain, T. Ettinger). */
export function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A small contract: statements of many kinds in random order, so that few are copies of one another. */
export function invented(epoch: number, i: number, random: () => number): string {
  const word = (): string => `v${Math.floor(random() * 2 ** 40).toString(36)}`
  const statement = (): string => STATEMENTS[Math.floor(random() * STATEMENTS.length)]!(word)
  const body = Array.from({ length: 24 }, () => `    ${statement()}`).join('\n')
  return `pragma solidity ^0.8.30;\ncontract C${epoch}n${i} {\n  uint48 internal start;\n  function ${word()}() public {\n${body}\n  }\n}`
}

const STATEMENTS: readonly ((word: () => string) => string)[] = [
  word => `if (${word()} > 3) ${word()} = start;`,
  word => `require(${word()} != ${word()}, "no");`,
  word => `for (uint256 i = 0; i < ${word()}.length; ++i) ${word()}[i] += 1;`,
  word => `emit ${word()}(msg.sender, block.timestamp);`,
  word => `unchecked { ++${word()}; }`,
  word => `delete ${word()}[${word()}];`,
  word => `(bool ok, ) = ${word()}.call(""); assert(ok);`,
  word => `${word()} = keccak256(abi.encode(${word()}, start));`,
  word => `while (${word()} < 9) ${word()} *= 2;`,
  word => `try ${word()}.${word()}() { start = 1; } catch { revert(); }`,
  word => `mapping(address => uint256) storage ${word()} = ${word()};`,
  word => `bytes32 ${word()} = bytes32(uint256(uint160(${word()})));`,
]
