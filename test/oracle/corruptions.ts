import type { Post } from '../../attribution-oracle/src/domain'
import type {
  JournalLeaf,
  LeafTree,
  LedgerLeaf,
  ManifestLeaf,
  Posted,
  SettlementLeaf,
} from '../../attribution-oracle/src/settlement'
import { NODE_BYTES, PositionalTree } from '../../attribution-oracle/src/settlement'
import { type CorruptionScene, type Epoch, cloned, postOf, postedOf } from './corruptionScene'

/** A lie: its name, what is posted, and what a verifier can see of it. */
export interface Corruption {
  name: string
  posted: Posted
}

interface Lied {
  scene: CorruptionScene
  number: number
  epoch: Epoch
  funded: ReadonlyMap<bigint, bigint>
  last: { post: Post; epoch: Epoch } | undefined
}

type Leaf = SettlementLeaf | ManifestLeaf | JournalLeaf | LedgerLeaf
type Table = { name: string; of: (epoch: Epoch) => Leaf[] }

const LIMITS: Record<string, bigint> = {
  contributorIndex: (1n << 32n) - 1n,
  poolPosition: (1n << 32n) - 1n,
  contributionId: (1n << 64n) - 1n,
  weight: (1n << 64n) - 1n,
  poolId: (1n << 64n) - 1n,
  leafCount: (1n << 53n) - 1n,
  prefix: (1n << 128n) - 1n,
  amount: (1n << 128n) - 1n,
  cumulative: (1n << 128n) - 1n,
  totalWeight: (1n << 128n) - 1n,
}
const NO_ROOT = `0x${'00'.repeat(24)}` as const
const OTHER_ROOT = `0x${'5a'.repeat(24)}` as const

/** Every lie about an epoch that this file knows how to tell. */
export function* corruptions(ground: Lied): Generator<Corruption> {
  const tables: Table[] = [
    { name: 'ledger', of: ({ ledger }) => ledger },
    { name: 'journal', of: ({ journal }) => journal },
    { name: 'manifest', of: ({ manifest }) => manifest },
    ...[...ground.epoch.settlements.keys()].map(poolId => ({
      name: `settlement ${poolId}`,
      of: ({ settlements }: Epoch) => settlements.get(poolId)!,
    })),
  ]
  for (const table of tables) {
    yield* fieldLies(ground, table)
    for (const resum of [false, true]) yield* shapeLies(ground, table, resum)
    yield* holes(ground, table)
  }
  yield* leafCountLies(ground)
  yield* postLies(ground)
  yield* derivedLies(ground)
}

/** One field of one leaf: one more, one less, nothing, the most, and what the neighbour has. */
function* fieldLies(ground: Lied, { name, of }: Table): Generator<Corruption> {
  for (const [position, leaf] of of(ground.epoch).entries()) {
    for (const [field, value] of Object.entries(leaf) as [string, bigint | number | string][]) {
      const neighbour = of(ground.epoch)[position + 1]
      const other = neighbour && (neighbour as unknown as Record<string, bigint | number | string>)[field]
      for (const [how, changed] of changes(field, value, other)) {
        const tell = (epoch: Epoch): void => {
          Object.assign(of(epoch)[position]!, { [field]: changed })
        }
        // a settlement's own root follows its leaves, unless the lie is about the root
        const keepRoots = field === 'settlementRoot' || field === 'poolId'
        yield corrupt(ground, `${name} ${position}.${field} ${how}`, tell, keepRoots)
      }
    }
  }
}

function* changes(
  field: string,
  value: bigint | number | string,
  other: bigint | number | string | undefined,
): Generator<[string, bigint | number | string]> {
  if (typeof value === 'string') {
    if (field === 'account') {
      yield ['zero', `0x${'00'.repeat(20)}`]
      yield ['another', `0x${'77'.repeat(20)}`]
    } else {
      yield ['zero', NO_ROOT]
      yield ['another', OTHER_ROOT]
    }
    if (other !== undefined && other !== value) yield ["the neighbour's", other]
    return
  }
  const typed = (n: bigint): bigint | number => (typeof value === 'number' ? Number(n) : n)
  const now = BigInt(value)
  yield ['+1', typed(now + 1n)]
  if (now > 0n) yield ['-1', typed(now - 1n)]
  if (now > 1n) yield ['zero', typed(0n)]
  yield ['max', typed(LIMITS[field]!)]
  if (other !== undefined && BigInt(other) !== now) yield ["the neighbour's", other]
}

/** Leaves swapped, doubled, removed, moved to the end or put in, with sums as they were or all written anew. */
function* shapeLies(ground: Lied, { name, of }: Table, resum: boolean): Generator<Corruption> {
  const lies: [string, (leaves: Leaf[], at: number) => void][] = [
    ['swapped', (leaves, at) => leaves.splice(at, 2, ...leaves.slice(at, at + 2).reverse())],
    ['doubled', (leaves, at) => leaves.splice(at, 0, { ...leaves[at]! })],
    ['removed', (leaves, at) => leaves.splice(at, 1)],
    ['moved to the end', (leaves, at) => leaves.push(...leaves.splice(at, 1))],
    ['doubled at the end', (leaves, at) => leaves.push({ ...leaves[at]! })],
  ]
  for (const [how, change] of lies) {
    for (let at = 0; at < of(ground.epoch).length; at++) {
      const tell = (epoch: Epoch): void => {
        change(of(epoch), at)
        if (resum) sums(epoch)
      }
      const leavesCounts = [false, ...(name.startsWith('settlement') ? [true] : [])]
      for (const counted of leavesCounts) {
        const all = (epoch: Epoch): void => {
          tell(epoch)
          if (counted) counts(epoch, resum)
        }
        yield corrupt(
          ground,
          `${name} ${at} ${how}${resum ? ', summed' : ''}${counted ? ', counted' : ''}`,
          all,
        )
      }
    }
  }
}

/** An empty place in the middle, at the start and behind the end. */
function* holes(ground: Lied, { name, of }: Table): Generator<Corruption> {
  const { scene } = ground
  for (let at = 0; at < of(ground.epoch).length; at++) {
    const base = corrupt(ground, `${name} ${at} empty`, () => undefined)
    const punch = <L>({ leaves, tree }: LeafTree<L>): LeafTree<L> => {
      const hashes = new Uint8Array(leaves.length * NODE_BYTES)
      leaves.forEach((_, i) => i !== at && hashes.set(tree.leaf(i), i * NODE_BYTES))
      return { leaves, tree: PositionalTree.fromLeaves(scene.keccak, hashes) }
    }
    const { post, settlements } = base.posted
    if (name === 'ledger') {
      const ledger = punch(base.posted.ledger!)
      yield { ...base, posted: { ...base.posted, ledger, post: { ...post, ledgerRoot: ledger.tree.root } } }
    } else if (name === 'journal') {
      const journal = punch(base.posted.journal!)
      yield {
        ...base,
        posted: { ...base.posted, journal, post: { ...post, journalRoot: journal.tree.root } },
      }
    } else if (name === 'manifest') {
      const manifest = punch(base.posted.manifest!)
      yield {
        ...base,
        posted: { ...base.posted, manifest, post: { ...post, manifestRoot: manifest.tree.root } },
      }
    } else {
      const poolId = BigInt(name.split(' ')[1]!)
      const settlement = punch(settlements.get(poolId)!)
      const lie = corrupt(
        ground,
        base.name,
        epoch => {
          const pool = epoch.manifest.find(leaf => leaf.poolId === poolId)!
          pool.settlementRoot = settlement.tree.root
        },
        true,
      )
      const changed = new Map([...settlements, [poolId, settlement]])
      yield { ...lie, posted: { ...lie.posted, settlements: changed } }
    }
  }
}

/** Counts of settlements that do not fit their roots, at the same and at other depths. */
function* leafCountLies(ground: Lied): Generator<Corruption> {
  for (const [position, { leafCount }] of ground.epoch.manifest.entries()) {
    for (const count of [leafCount + 2, leafCount * 2, leafCount * 2 + 1, leafCount >> 1, 1]) {
      yield corrupt(ground, `manifest ${position} counts ${count}`, ({ manifest }) => {
        manifest[position]!.leafCount = count
      })
    }
  }
}

/** Every number and root of the post that the oracle does not compare itself. */
function* postLies(ground: Lied): Generator<Corruption> {
  const base = corrupt(ground, '', () => undefined)
  const { post } = base.posted
  const lie = (name: string, change: Partial<Post>): Corruption => ({
    name: `post.${name}`,
    posted: { ...base.posted, post: { ...post, ...change } },
  })
  for (const root of ['ledgerRoot', 'journalRoot', 'manifestRoot'] as const) {
    yield lie(`${root} zero`, { [root]: NO_ROOT })
    yield lie(`${root} unknown`, { [root]: OTHER_ROOT })
    yield lie(`${root} deeper`, { [root]: hashed(ground, post[root], NO_ROOT) })
    yield lie(`${root} deeper to the right`, { [root]: hashed(ground, NO_ROOT, post[root]) })
    yield lie(`${root} with something behind it`, { [root]: hashed(ground, post[root], OTHER_ROOT) })
  }
  for (const count of ['ledgerCount', 'journalCount', 'manifestCount'] as const) {
    const now = post[count]
    for (const wrong of [0, 1, now - 1, now + 1, now * 2, now * 2 + 1, 0xffff_ffff]) {
      if (wrong >= 0) yield lie(`${count} ${wrong}`, { [count]: wrong })
    }
  }
  for (const wrong of [0n, post.total - 1n, post.total + 1n, (1n << 128n) - 1n]) {
    if (wrong >= 0n) yield lie(`total ${wrong}`, { total: wrong })
  }
}

/** Lies with every later sum made to fit: they must fall where they touch what comes before. */
function* derivedLies(ground: Lied): Generator<Corruption> {
  const { journal, ledger } = ground.epoch
  for (let at = 0; at < journal.length; at++) {
    yield corrupt(ground, `journal ${at} paid 1 more, all sums fit`, epoch => {
      epoch.journal[at]!.amount += 1n
      deriveLedger(epoch, ground)
    })
    yield corrupt(ground, `journal ${at} left out, all sums fit`, epoch => {
      epoch.journal.splice(at, 1)
      deriveLedger(epoch, ground)
    })
    const other = (at + 1) % journal.length
    if (other !== at && journal[at]!.amount > 1n) {
      yield corrupt(ground, `journal ${at} lost 1 to ${other}, all sums fit`, epoch => {
        epoch.journal[at]!.amount -= 1n
        epoch.journal[other]!.amount += 1n
        deriveLedger(epoch, ground)
      })
    }
  }
  for (const { poolId, cumulative } of ground.last?.epoch.manifest ?? []) {
    // what has never paid may be left out
    if (cumulative === 0n) continue
    yield corrupt(ground, `pool ${poolId} left out with all that it pays, all sums fit`, epoch => {
      const gone = epoch.manifest.findIndex(leaf => leaf.poolId === poolId)
      epoch.manifest.splice(gone, 1)
      epoch.settlements.delete(poolId)
      epoch.journal = epoch.journal
        .filter(({ poolPosition }) => poolPosition !== gone)
        .map(leaf => ({ ...leaf, poolPosition: leaf.poolPosition - (leaf.poolPosition > gone ? 1 : 0) }))
      deriveLedger(epoch, ground)
    })
  }
  for (let at = 0; at < ledger.length; at++) {
    for (let pool = 0; pool < ground.epoch.manifest.length; pool++) {
      yield corrupt(ground, `journal pays ${at} from ${pool} out of nothing, all sums fit`, epoch => {
        if (epoch.journal.some(leaf => leaf.contributorIndex === at && leaf.poolPosition === pool)) return
        epoch.journal.push({ contributorIndex: at, poolPosition: pool, amount: 1n, prefix: 0n })
        epoch.journal.sort(
          (a, b) => a.contributorIndex - b.contributorIndex || a.poolPosition - b.poolPosition,
        )
        deriveLedger(epoch, ground)
      })
    }
    const other = (at + 1) % ledger.length
    yield corrupt(ground, `ledger ${at} lost 1 to ${other}, all sums fit`, epoch => {
      if (epoch.ledger[at]!.cumulative === 0n) return
      epoch.ledger[at]!.cumulative -= 1n
      epoch.ledger[other]!.cumulative += 1n
      sums(epoch)
    })
    yield corrupt(ground, `ledger ${at} got 1 more, total fits`, epoch => {
      epoch.ledger[at]!.cumulative += 1n
      sums(epoch)
      epoch.total += 1n
    })
  }
}

/** Builds all trees over the changed leaves and posts them. */
function corrupt(
  { scene, number, epoch, funded, last }: Lied,
  name: string,
  tell: (epoch: Epoch) => void,
  keepRoots = false,
): Corruption {
  const lie = cloned(epoch)
  tell(lie)
  if (!keepRoots) {
    for (const [poolId, leaves] of lie.settlements) {
      const pool = lie.manifest.find(leaf => leaf.poolId === poolId)
      if (pool) pool.settlementRoot = scene.trees.settlement(poolId, leaves).tree.root
    }
  }
  return { name, posted: postedOf(scene, postOf(scene, number, lie), lie, funded, last) }
}

/** Writes every prefix anew, from what the leaves say. */
function sums({ settlements, manifest, journal, ledger }: Epoch): void {
  const write = <L extends { prefix: bigint }>(leaves: L[], of: (leaf: L) => bigint): void => {
    let sum = 0n
    for (const leaf of leaves) {
      leaf.prefix = sum
      sum += of(leaf)
    }
  }
  for (const leaves of settlements.values()) write(leaves, leaf => leaf.weight)
  write(manifest, leaf => leaf.amount)
  write(journal, leaf => leaf.amount)
  write(ledger, leaf => leaf.cumulative)
}

/** Makes counts, and total weights if asked, say what the settlements have. */
function counts({ settlements, manifest }: Epoch, totals: boolean): void {
  for (const pool of manifest) {
    const leaves = settlements.get(pool.poolId) ?? []
    pool.leafCount = leaves.length
    if (totals) pool.totalWeight = leaves.reduce((sum, leaf) => sum + leaf.weight, 0n)
  }
}

/** Ledger and total from the journal and the last ledger. */
function deriveLedger(epoch: Epoch, { last }: Lied): void {
  epoch.ledger.forEach((leaf, index) => {
    leaf.cumulative = epoch.journal.reduce(
      (sum, entry) => (entry.contributorIndex === index ? sum + entry.amount : sum),
      last?.epoch.ledger[index]?.cumulative ?? 0n,
    )
  })
  sums(epoch)
  epoch.total = epoch.ledger.reduce((sum, leaf) => sum + leaf.cumulative, 0n)
}

function hashed({ scene }: Lied, left: string, right: string): Post['ledgerRoot'] {
  const bytes = Buffer.from(left.slice(2) + right.slice(2), 'hex')
  return `0x${Buffer.from(scene.keccak(bytes).subarray(0, NODE_BYTES)).toString('hex')}`
}
