const LONGEST = 200

/**
 * A file name for any parameter name: letters, digits, `.`, `_` and `-` as they are, all other bytes of its UTF-8 form
 * and a first dot as %XX. File systems end at 255 bytes: longer names are cut, and kept apart by the number.
 */
export function fileNameOf(parameter: string, number: number): string {
  const encoded = [...Buffer.from(parameter, 'utf8')]
    .map((byte, i) => {
      const character = String.fromCharCode(byte)
      const plain = /[A-Za-z0-9._-]/.test(character) && !(i === 0 && character === '.')
      return plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
  const whole = encoded.length <= LONGEST && encoded !== 'losses'
  return `${whole ? encoded : `${encoded.slice(0, LONGEST)}.${number}`}.npy`
}
