import { readEpochParts, type EpochParts } from '../content'
import { TABLE_NAMES, type ContentStore, type EpochData, type Post } from '../domain'
import { compareRows, compareValue, type Difference } from './difference'
import type { FloatTables } from './tolerance'

/** Every part of a published epoch that is not ours, in the order of the pipeline. */
export function compareData(
  data: EpochData,
  honest: EpochData,
  floats: Record<keyof FloatTables, Difference[]>,
): Difference[] {
  const tables = TABLE_NAMES.flatMap(name =>
    name in floats
      ? floats[name as keyof FloatTables]
      : compareRows(name, data.tables[name], honest.tables[name]),
  )
  return [
    ...compareValue('config', text(data.config), text(honest.config)),
    ...compareValue('inputs', text(data.inputs), text(honest.inputs)),
    ...compareValue('header', data.header, honest.header),
    ...tables,
  ]
}

/** Every field of a post that is not ours. */
export function comparePost(post: Post, honest: Post): Difference[] {
  const fields = Object.keys(honest) as (keyof Post)[]
  return fields.flatMap(field => compareValue(`post.${field}`, post[field], honest[field]))
}

export function unreadable({ faults }: EpochParts): Difference[] {
  return faults.map(({ part, fault }) => ({
    part,
    got: fault.message,
    expected: 'what the data digest promises',
  }))
}

/**
 * Where another operator's post parts from ours, by what both published: every leaf is compared exactly, nothing is
 * computed. The first entry is the first differing leaf, or the field of the post where no leaf differs.
 */
export async function compareProposals(
  content: ContentStore,
  ours: Post,
  theirs: Post,
): Promise<readonly Difference[]> {
  const pinned = (['blockNumber', 'blockHash', 'configDigest'] as const).flatMap(field =>
    compareValue(`post.${field}`, theirs[field], ours[field]),
  )
  if (pinned.length > 0) return pinned
  const [own, other] = [
    await readEpochParts(content, ours.dataDigest),
    await readEpochParts(content, theirs.dataDigest, theirs),
  ]
  const tables = TABLE_NAMES.flatMap(name => {
    const rows = other.tables[name]
    return rows ? compareRows(name, rows, own.tables[name] ?? []) : []
  })
  return [...tables, ...unreadable(other), ...comparePost(theirs, ours)]
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
