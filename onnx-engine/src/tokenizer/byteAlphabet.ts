/**
 * The GPT-2 byte alphabet: every byte is written as one printable character, so that a vocabulary of byte strings
 * can be stored as text. Printable Latin-1 bytes stand for themselves, the other 68 become U+0100 and up.
 * Source: `bytes_to_unicode` of openai/gpt-2, the ByteLevel pre-tokenizer of Hugging Face tokenizers.
 */
const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

function characters(): string[] {
  let escaped = 0
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : 0x100 + escaped++),
  )
}

/** The character of each byte. */
export const CHARACTER_OF_BYTE: readonly string[] = characters()

const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = new Map(
  CHARACTER_OF_BYTE.map((character, byte) => [character, byte]),
)

/** The 256 bytes in the order of their characters: the order in which vocabularies number them. */
export const BYTES_IN_ORDER: readonly number[] = CHARACTER_OF_BYTE.map((character, byte) => ({
  character,
  byte,
}))
  .sort((a, b) => a.character.charCodeAt(0) - b.character.charCodeAt(0))
  .map(({ byte }) => byte)

/** Bytes written in the alphabet. */
export function toAlphabet(bytes: Uint8Array): string {
  return Array.from(bytes, byte => CHARACTER_OF_BYTE[byte]).join('')
}

/** Bytes read from the alphabet; undefined when a character does not belong to it. */
export function fromAlphabet(text: string): Uint8Array | undefined {
  const bytes = Array.from(text, character => BYTE_OF_CHARACTER.get(character))
  return bytes.every(byte => byte !== undefined) ? Uint8Array.from(bytes) : undefined
}
