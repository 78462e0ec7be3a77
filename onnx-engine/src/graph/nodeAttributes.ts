import type { Attribute, Node, Tensor } from '../model/types'

type Kind = Attribute['kind']
type OfKind<K extends Kind> = Extract<Attribute, { readonly kind: K }>

function read<K extends Kind>(node: Node, name: string, kind: K): OfKind<K> | undefined {
  const attribute = node.attributes[name]
  return attribute?.kind === kind ? (attribute as OfKind<K>) : undefined
}

/** Attributes of a node by name and kind; undefined where absent or of another kind. */
export const intOf = (node: Node, name: string): number | undefined => read(node, name, 'int')?.value
export const floatOf = (node: Node, name: string): number | undefined => read(node, name, 'float')?.value
export const textOf = (node: Node, name: string): string | undefined => read(node, name, 'string')?.value
export const intsOf = (node: Node, name: string): readonly number[] | undefined =>
  read(node, name, 'ints')?.value
export const floatsOf = (node: Node, name: string): readonly number[] | undefined =>
  read(node, name, 'floats')?.value
export const tensorOf = (node: Node, name: string): Tensor | undefined => read(node, name, 'tensor')?.value

/** The operator as errors and tables name it: with its domain, where that is not the one of ONNX. */
export const operatorOf = (node: Node): string =>
  node.domain ? `${node.domain}.${node.opType}` : node.opType
