/*
 * Kernels over int8 codes. A packed panel is four neighbouring rows, two codes at a time, widened to int16:
 * [pairs][4][2] int16. Sums of products stay exact in int32 below 133,000 terms.
 */

const ROWS = [0, 1, 2, 3] as const

/** Four rows of int32 sums over the pairs of one operand. */
function sums(o: { name: string; rows: string; columns: string; pairs: string }): string {
  return `
    ${ROWS.map(row => `(local.set $${o.name}${row} (v128.const i32x4 0 0 0 0))`).join('\n    ')}
    (local.set $k (local.get $${o.pairs}))
    (loop $sum_${o.name}
      (local.set $b (v128.load (local.get $${o.columns})))
      ${ROWS.map(
        row => `(local.set $${o.name}${row} (i32x4.add (local.get $${o.name}${row}) (i32x4.dot_i16x8_s
        (v128.load32_splat offset=${4 * row} (local.get $${o.rows})) (local.get $b))))`,
      ).join('\n      ')}
      (local.set $${o.rows} (i32.add (local.get $${o.rows}) (i32.const 16)))
      (local.set $${o.columns} (i32.add (local.get $${o.columns}) (i32.const 16)))
      (br_if $sum_${o.name} (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))`
}

/** target[row] += (s_i s_j) (inputs_ij gradients_ij), left to right. */
function addProducts(row: number): string {
  const half = (which: 'low' | 'high', offset: number, scales: string): string => {
    const widen = (name: string): string =>
      which === 'low'
        ? `(f64x2.convert_low_i32x4_s (local.get $${name}${row}))`
        : `(f64x2.convert_low_i32x4_s (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
            (local.get $${name}${row}) (local.get $${name}${row})))`
    return `(v128.store offset=${offset} (local.get $at) (f64x2.add (v128.load offset=${offset} (local.get $at))
        (f64x2.mul (f64x2.mul (local.get $s) (local.get $${scales}))
          (f64x2.mul ${widen('x')} ${widen('d')}))))`
  }
  return `
    (local.set $s (v128.load64_splat offset=${8 * row} (local.get $scaleRow)))
    ${half('low', 0, 's0')}
    ${half('high', 16, 's1')}
    (local.set $at (i32.add (local.get $at) (local.get $stride)))`
}

/**
 * addKernel: target[i][j] += s_i s_j (Σ inputs_i inputs_j)(Σ gradients_i gradients_j) for all 4 x 4 tiles, cut at the
 * diagonal by `reach` as in multiply.
 */
const ADD_KERNEL = `
  (func (export "addKernel") (param $rowInputs i32) (param $rowGradients i32) (param $rowScales i32)
    (param $columnInputs i32) (param $columnGradients i32) (param $columnScales i32)
    (param $rowPanels i32) (param $columnPanels i32) (param $inputPairs i32) (param $gradientPairs i32)
    (param $target i32) (param $stride i32) (param $reach i32)
    (local $i i32) (local $j i32) (local $k i32) (local $end i32) (local $at i32)
    (local $ri i32) (local $rg i32) (local $ci i32) (local $cg i32) (local $scaleRow i32)
    (local $b v128) (local $s v128) (local $s0 v128) (local $s1 v128)
    ${ROWS.map(row => `(local $x${row} v128) (local $d${row} v128)`).join(' ')}
    (block $done (loop $rows
      (br_if $done (i32.ge_s (local.get $i) (local.get $rowPanels)))
      (local.set $end (i32.add (local.get $reach) (local.get $i)))
      (if (i32.gt_s (local.get $end) (local.get $columnPanels)) (then (local.set $end (local.get $columnPanels))))
      (local.set $scaleRow (i32.add (local.get $rowScales) (i32.mul (local.get $i) (i32.const 32))))
      (local.set $ci (local.get $columnInputs))
      (local.set $cg (local.get $columnGradients))
      (local.set $j (i32.const 0))
      (block $next (loop $columns
        (br_if $next (i32.ge_s (local.get $j) (local.get $end)))
        (local.set $ri (i32.add (local.get $rowInputs)
          (i32.mul (i32.mul (local.get $i) (local.get $inputPairs)) (i32.const 16))))
        (local.set $rg (i32.add (local.get $rowGradients)
          (i32.mul (i32.mul (local.get $i) (local.get $gradientPairs)) (i32.const 16))))
        ${sums({ name: 'x', rows: 'ri', columns: 'ci', pairs: 'inputPairs' })}
        ${sums({ name: 'd', rows: 'rg', columns: 'cg', pairs: 'gradientPairs' })}
        (local.set $at (i32.add (local.get $target) (i32.add
          (i32.mul (i32.mul (local.get $i) (i32.const 4)) (local.get $stride)) (i32.mul (local.get $j) (i32.const 32)))))
        (local.set $s0 (v128.load (i32.add (local.get $columnScales) (i32.mul (local.get $j) (i32.const 32)))))
        (local.set $s1 (v128.load offset=16 (i32.add (local.get $columnScales) (i32.mul (local.get $j) (i32.const 32)))))
        ${ROWS.map(addProducts).join('')}
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br $columns)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $rows))))`

export const CODE_KERNELS = ADD_KERNEL
