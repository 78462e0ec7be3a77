/*
 * The float64 kernels, as WebAssembly text. Lanes hold neighbouring columns and every sum runs over its terms one after
 * the other, starting from what the target held, so that the bits are those of the plain triple loop: blocking and
 * SIMD change when a term is added, never the order. WebAssembly has no fused multiply-add outside relaxed SIMD, which
 * is not used.
 *
 * A packed panel is four neighbouring rows of an operand, term by term: [terms][4] float64.
 */

const ROWS = [0, 1, 2, 3] as const

/** target[i][j] += Σ_k a[i][k] b[j][k] for one 4 x 4 tile; `$a`, `$b`, `$at` are moved along. */
function term(offset: number): string {
  const at = offset * 32
  return `
    (local.set $b0 (v128.load offset=${at} (local.get $b)))
    (local.set $b1 (v128.load offset=${at + 16} (local.get $b)))
    ${ROWS.map(
      row => `
    (local.set $s (v128.load64_splat offset=${at + 8 * row} (local.get $a)))
    (local.set $c${row}0 (f64x2.add (local.get $c${row}0) (f64x2.mul (local.get $s) (local.get $b0))))
    (local.set $c${row}1 (f64x2.add (local.get $c${row}1) (f64x2.mul (local.get $s) (local.get $b1))))`,
    ).join('')}`
}

const TILE = `
  ${ROWS.map(
    row => `
  (local.set $row${row} (i32.add (local.get $at) (i32.mul (local.get $stride) (i32.const ${row}))))
  (local.set $c${row}0 (v128.load (local.get $row${row})))
  (local.set $c${row}1 (v128.load offset=16 (local.get $row${row})))`,
  ).join('')}
  (local.set $k (i32.shr_u (local.get $terms) (i32.const 2)))
  (if (local.get $k) (then (loop $four
    ${[0, 1, 2, 3].map(term).join('')}
    (local.set $a (i32.add (local.get $a) (i32.const 128)))
    (local.set $b (i32.add (local.get $b) (i32.const 128)))
    (br_if $four (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))))
  (local.set $k (i32.and (local.get $terms) (i32.const 3)))
  (if (local.get $k) (then (loop $one
    ${term(0)}
    (local.set $a (i32.add (local.get $a) (i32.const 32)))
    (local.set $b (i32.add (local.get $b) (i32.const 32)))
    (br_if $one (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))))
  ${ROWS.map(
    row => `
  (v128.store (local.get $row${row}) (local.get $c${row}0))
  (v128.store offset=16 (local.get $row${row}) (local.get $c${row}1))`,
  ).join('')}`

/**
 * multiply: all tiles of rowPanels x columnPanels; in row panel r only the first `reach + r` column panels, which cuts
 * a symmetric result at its diagonal. `stride` is the target's, in bytes.
 */
const MULTIPLY = `
  (func (export "multiply") (param $packedA i32) (param $packedB i32) (param $target i32) (param $rowPanels i32)
    (param $columnPanels i32) (param $terms i32) (param $stride i32) (param $reach i32)
    (local $a i32) (local $b i32) (local $at i32) (local $i i32) (local $j i32) (local $end i32) (local $k i32)
    (local $panel i32) (local $s v128) (local $b0 v128) (local $b1 v128)
    ${ROWS.map(row => `(local $row${row} i32) (local $c${row}0 v128) (local $c${row}1 v128)`).join(' ')}
    (local.set $panel (i32.mul (local.get $terms) (i32.const 32)))
    (block $done (loop $rows
      (br_if $done (i32.ge_s (local.get $i) (local.get $rowPanels)))
      (local.set $end (i32.add (local.get $reach) (local.get $i)))
      (if (i32.gt_s (local.get $end) (local.get $columnPanels)) (then (local.set $end (local.get $columnPanels))))
      (local.set $j (i32.const 0))
      (block $next (loop $columns
        (br_if $next (i32.ge_s (local.get $j) (local.get $end)))
        (local.set $a (i32.add (local.get $packedA) (i32.mul (local.get $i) (local.get $panel))))
        (local.set $b (i32.add (local.get $packedB) (i32.mul (local.get $j) (local.get $panel))))
        (local.set $at (i32.add (local.get $target) (i32.add
          (i32.mul (i32.mul (local.get $i) (i32.const 4)) (local.get $stride)) (i32.mul (local.get $j) (i32.const 32)))))
        ${TILE}
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $columns)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $rows))))`

/** pack: panels of four rows; strides in bytes, negative to walk backwards; `sign` is 1 or -1. */
const PACK = `
  (func (export "pack") (param $source i32) (param $packed i32) (param $panels i32) (param $terms i32)
    (param $rowStride i32) (param $termStride i32) (param $sign f64)
    (local $k i32) (local $from i32) (local $signs v128) (local $r1 i32) (local $r2 i32) (local $r3 i32)
    (local.set $signs (f64x2.splat (local.get $sign)))
    (local.set $r1 (local.get $rowStride))
    (local.set $r2 (i32.mul (local.get $rowStride) (i32.const 2)))
    (local.set $r3 (i32.mul (local.get $rowStride) (i32.const 3)))
    (block $done (loop $panel
      (br_if $done (i32.eqz (local.get $panels)))
      (local.set $from (local.get $source))
      (local.set $k (local.get $terms))
      (block $packedPanel (loop $term
        (br_if $packedPanel (i32.eqz (local.get $k)))
        (v128.store (local.get $packed) (f64x2.mul (local.get $signs) (v128.load64_lane 1
          (i32.add (local.get $from) (local.get $r1)) (v128.load64_zero (local.get $from)))))
        (v128.store offset=16 (local.get $packed) (f64x2.mul (local.get $signs) (v128.load64_lane 1
          (i32.add (local.get $from) (local.get $r3)) (v128.load64_zero (i32.add (local.get $from) (local.get $r2))))))
        (local.set $packed (i32.add (local.get $packed) (i32.const 32)))
        (local.set $from (i32.add (local.get $from) (local.get $termStride)))
        (local.set $k (i32.sub (local.get $k) (i32.const 1)))
        (br $term)))
      (local.set $source (i32.add (local.get $source) (i32.mul (local.get $rowStride) (i32.const 4))))
      (local.set $panels (i32.sub (local.get $panels) (i32.const 1)))
      (br $panel))))`

/**
 * solveBlock: T Y = B in place for a small triangle T of `size` rows, B of 4 * quads columns. T[i][k] is at triangle +
 * i * rowStride + k * termStride, so that negative strides walk an upper triangle from its end.
 */
const SOLVE_BLOCK = `
  (func (export "solveBlock") (param $triangle i32) (param $rowStride i32) (param $termStride i32)
    (param $y i32) (param $stride i32) (param $size i32) (param $quads i32)
    (local $i i32) (local $k i32) (local $q i32) (local $t i32) (local $at i32) (local $from i32)
    (local $x0 v128) (local $x1 v128) (local $s v128) (local $pivot v128)
    (block $done (loop $rows
      (br_if $done (i32.ge_s (local.get $i) (local.get $size)))
      (local.set $q (i32.const 0))
      (block $next (loop $columns
        (br_if $next (i32.ge_s (local.get $q) (local.get $quads)))
        (local.set $from (i32.add (local.get $y) (i32.mul (local.get $q) (i32.const 32))))
        (local.set $at (i32.add (local.get $from) (i32.mul (local.get $i) (local.get $stride))))
        (local.set $t (i32.add (local.get $triangle) (i32.mul (local.get $i) (local.get $rowStride))))
        (local.set $x0 (v128.load (local.get $at)))
        (local.set $x1 (v128.load offset=16 (local.get $at)))
        (local.set $k (local.get $i))
        (block $summed (loop $terms
          (br_if $summed (i32.eqz (local.get $k)))
          (local.set $s (v128.load64_splat (local.get $t)))
          (local.set $x0 (f64x2.sub (local.get $x0) (f64x2.mul (local.get $s) (v128.load (local.get $from)))))
          (local.set $x1 (f64x2.sub (local.get $x1) (f64x2.mul (local.get $s) (v128.load offset=16 (local.get $from)))))
          (local.set $t (i32.add (local.get $t) (local.get $termStride)))
          (local.set $from (i32.add (local.get $from) (local.get $stride)))
          (local.set $k (i32.sub (local.get $k) (i32.const 1)))
          (br $terms)))
        (local.set $pivot (v128.load64_splat (local.get $t)))
        (v128.store (local.get $at) (f64x2.div (local.get $x0) (local.get $pivot)))
        (v128.store offset=16 (local.get $at) (f64x2.div (local.get $x1) (local.get $pivot)))
        (local.set $q (i32.add (local.get $q) (i32.const 1)))
        (br $columns)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $rows))))`

/** solveRows: X Lᵀ = B in place, row by row, for a small lower triangle; strides in bytes. */
const SOLVE_ROWS = `
  (func (export "solveRows") (param $triangle i32) (param $triangleStride i32) (param $x i32) (param $stride i32)
    (param $rows i32) (param $size i32)
    (local $j i32) (local $k i32) (local $l i32) (local $from i32) (local $sum f64)
    (block $done (loop $row
      (br_if $done (i32.eqz (local.get $rows)))
      (local.set $j (i32.const 0))
      (block $next (loop $column
        (br_if $next (i32.ge_s (local.get $j) (local.get $size)))
        (local.set $l (i32.add (local.get $triangle) (i32.mul (local.get $j) (local.get $triangleStride))))
        (local.set $from (local.get $x))
        (local.set $sum (f64.load (i32.add (local.get $x) (i32.mul (local.get $j) (i32.const 8)))))
        (local.set $k (local.get $j))
        (block $summed (loop $terms
          (br_if $summed (i32.eqz (local.get $k)))
          (local.set $sum (f64.sub (local.get $sum)
            (f64.mul (f64.load (local.get $from)) (f64.load (local.get $l)))))
          (local.set $l (i32.add (local.get $l) (i32.const 8)))
          (local.set $from (i32.add (local.get $from) (i32.const 8)))
          (local.set $k (i32.sub (local.get $k) (i32.const 1)))
          (br $terms)))
        (f64.store (local.get $from) (f64.div (local.get $sum) (f64.load (local.get $l))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $column)))
      (local.set $x (i32.add (local.get $x) (local.get $stride)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br $row))))`

export const FLOAT_KERNELS = [MULTIPLY, PACK, SOLVE_BLOCK, SOLVE_ROWS].join('\n')
