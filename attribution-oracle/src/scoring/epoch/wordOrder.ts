const WORD = /[A-Za-z_$][\w$]*|\d\w*/g

/**
 * The same text with its words in another order; marks and layout stay where they are. What the model loses by it is
 * what the order told the model: much in real source, nothing in words drawn at random, however valid their grammar.
 */
export function withoutOrder(text: string, draw: { shuffle<T>(items: readonly T[]): T[] }): string {
  const shuffled = draw.shuffle(text.match(WORD) ?? [])
  let next = 0
  return text.replace(WORD, () => shuffled[next++] as string)
}
