import { counterBytes } from '@open-datanets/onnx-engine'

type Draw = ReturnType<typeof counterBytes>

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function identifier(draw: Draw): string {
  const length = 6 + draw.below(10)
  return `v${Array.from({ length }, () => LETTERS[draw.below(LETTERS.length)]).join('')}`
}

function hex(draw: Draw, bytes: number): string {
  return Array.from({ length: bytes }, () => draw.below(256).toString(16).padStart(2, '0')).join('')
}

/** Valid source whose every name is drawn at random: the grammar is real, nothing else is. */
export function randomIdentifiers(seed: string, functions = 12): string {
  const draw = counterBytes(seed, 'random identifiers')
  const bodies = Array.from({ length: functions }, () => {
    const [name, a, b, c] = Array.from({ length: 4 }, () => identifier(draw))
    const lines = Array.from(
      { length: 4 },
      () => `        ${identifier(draw)}.${identifier(draw)}(${identifier(draw)}, ${identifier(draw)});`,
    )
    return `    function ${name}(uint256 ${a}, address ${b}) external {\n        uint256 ${c} = ${a};\n${lines.join('\n')}\n    }`
  })
  return `pragma solidity ^0.8.0;\n\ncontract ${identifier(draw)} {\n${bodies.join('\n\n')}\n}\n`
}

/** Words and marks of real files drawn one by one by their frequency, brackets balanced by construction. */
export function unigramWords(seed: string, texts: readonly string[], words = 900): string {
  const pool = texts.flatMap(text => text.match(/[A-Za-z_]\w*|[;,.=+*-]/g) ?? [])
  const draw = counterBytes(seed, 'unigram words')
  const lines = Array.from({ length: words / 9 }, () => {
    return `        ${Array.from({ length: 9 }, () => pool[draw.below(pool.length)]).join(' ')};`
  })
  return `contract Words {\n    function all() public {\n${lines.join('\n')}\n    }\n}\n`
}

/** A contract that holds random bytes as constants. */
export function hexConstants(seed: string, constants = 60): string {
  const draw = counterBytes(seed, 'hex constants')
  const lines = Array.from(
    { length: constants },
    (_, index) => `    bytes32 constant C${index} = 0x${hex(draw, 32)};`,
  )
  return `contract Constants {\n${lines.join('\n')}\n}\n`
}

/** The words of one real file in another order: its own frequencies, no meaning. */
export function shuffledWords(seed: string, text: string): string {
  const pieces = text.match(/[A-Za-z_]\w*|\d\w*|[^\w\s(){}[\]]/g) ?? []
  const shuffled = counterBytes(seed, 'shuffled words').shuffle(pieces)
  const lines = Array.from({ length: Math.ceil(shuffled.length / 10) }, (_, index) =>
    shuffled.slice(index * 10, (index + 1) * 10).join(' '),
  )
  return `contract Shuffled {\n${lines.join('\n')}\n}\n`
}
