/** One small change of a source file: the text from `start` to `start + length` becomes `replacement`. */
export interface Mutant {
  file: string
  /** the function that it is in, or nothing */
  inside: string
  line: number
  start: number
  length: number
  original: string
  replacement: string
}

/** What the compiler says of a piece of source: `src` is `start:length:file`, in bytes. */
export interface AstNode {
  nodeType: string
  src: string
  [key: string]: unknown
}

const BINARY: Record<string, string> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&&': '||',
  '||': '&&',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
}
const ASSIGNMENT: Record<string, string> = { '+=': '-=', '-=': '+=', '<<=': '>>=', '>>=': '<<=' }
const YUL: Record<string, string> = {
  add: 'sub',
  sub: 'add',
  mul: 'add',
  shl: 'shr',
  shr: 'shl',
  lt: 'gt',
  gt: 'lt',
  and: 'or',
  or: 'and',
}

/**
 * Every mutant of one file, in the order of the source: comparisons moved by one or turned round, arithmetic and logic
 * swapped, a guard that never fires, a modifier or a statement left out, a number one higher, a choice turned round.
 */
export function mutantsOf(file: string, source: string, ast: AstNode): Mutant[] {
  const bytes = Buffer.from(source)
  const text = (start: number, length: number) => bytes.subarray(start, start + length).toString()
  const mutants: Mutant[] = []
  let inside = ''
  const mutate = (start: number, length: number, replacement: string) => {
    const original = text(start, length)
    if (original === replacement) return
    const line = text(0, start).split('\n').length
    mutants.push({ file, inside, line, start, length, original, replacement })
  }
  const operator = (left: AstNode, right: AstNode, sign: string, replacement: string | undefined) => {
    if (replacement === undefined) return
    const from = endOf(left)
    const at = text(from, startOf(right) - from).indexOf(sign)
    if (at >= 0) mutate(from + at, sign.length, replacement)
  }
  const whole = (node: AstNode, replacement: string) => mutate(startOf(node), lengthOf(node), replacement)

  walk(ast, (node, inBody) => {
    switch (node.nodeType) {
      case 'FunctionDefinition':
      case 'ModifierDefinition':
        inside = String(node['name'])
        return
      case 'BinaryOperation': {
        const sign = String(node['operator'])
        operator(child(node, 'leftExpression'), child(node, 'rightExpression'), sign, BINARY[sign])
        return
      }
      case 'Assignment': {
        const sign = String(node['operator'])
        operator(child(node, 'leftHandSide'), child(node, 'rightHandSide'), sign, ASSIGNMENT[sign])
        return
      }
      case 'IfStatement':
        return whole(child(node, 'condition'), 'false')
      case 'Conditional': {
        const [yes, no] = [child(node, 'trueExpression'), child(node, 'falseExpression')]
        return whole(node, `(${textOf(child(node, 'condition'))}) ? ${textOf(no)} : ${textOf(yes)}`)
      }
      case 'UnaryOperation':
        if (node['operator'] === '!') return whole(node, textOf(child(node, 'subExpression')))
        return whole(node, stepped(textOf(node)))
      case 'ExpressionStatement':
      case 'EmitStatement':
        return whole(node, '0')
      case 'ModifierInvocation':
        return node['kind'] === 'modifierInvocation' ? whole(node, '') : undefined
      case 'Literal':
        if (inBody && node['kind'] === 'number' && /^\d+$/.test(String(node['value']))) {
          whole(node, String(BigInt(String(node['value'])) + 1n))
        }
        return
      case 'YulFunctionCall': {
        const name = child(node, 'functionName')
        const other = YUL[String(name['name'])]
        if (other !== undefined) whole(name, other)
        return
      }
      case 'YulExpressionStatement':
        return whole(node, '')
      case 'YulLiteral':
        if (/^\d+$/.test(String(node['value']))) whole(node, String(BigInt(String(node['value'])) + 1n))
        return
    }
  })
  return mutants.sort((a, b) => a.start - b.start || a.length - b.length)

  function textOf(node: AstNode): string {
    return text(startOf(node), lengthOf(node))
  }
}

/** The source with the mutant in it. */
export function applied(source: string, { start, length, replacement }: Mutant): string {
  const bytes = Buffer.from(source)
  return Buffer.concat([
    bytes.subarray(0, start),
    Buffer.from(replacement),
    bytes.subarray(start + length),
  ]).toString()
}

function stepped(text: string): string {
  return text.replace(/\+\+|--/, sign => (sign === '++' ? '--' : '++'))
}

function walk(node: AstNode, visit: (node: AstNode, inBody: boolean) => void, inBody = false): void {
  visit(node, inBody)
  const inside = inBody || node.nodeType === 'FunctionDefinition' || node.nodeType === 'ModifierDefinition'
  for (const value of Object.values(node)) {
    for (const inner of Array.isArray(value) ? value : [value]) {
      if (isNode(inner)) walk(inner, visit, inside)
    }
  }
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value
}

function child(node: AstNode, name: string): AstNode {
  return node[name] as AstNode
}

function startOf({ src }: AstNode): number {
  return Number(src.split(':')[0])
}

function lengthOf({ src }: AstNode): number {
  return Number(src.split(':')[1])
}

function endOf(node: AstNode): number {
  return startOf(node) + lengthOf(node)
}
