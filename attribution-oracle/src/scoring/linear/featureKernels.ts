/*
 * Stored features against directions: int8 codes, widened to float32, times a float32 direction, summed in sixteen lanes
 * and then lane by lane in a fixed order.
 */

/** The float32 of four codes: `part` 0..3 of the sixteen at $code. */
function widened(part: number): string {
  const half = part < 2 ? 'low' : 'high'
  const quarter = part % 2 === 0 ? 'low' : 'high'
  return `(f32x4.convert_i32x4_s (i32x4.extend_${quarter}_i16x8_s (i16x8.extend_${half}_i8x16_s (local.get $code))))`
}

const PARTS = [0, 1, 2, 3] as const

/**
 * addDots: out[row] += scale[row] · Σ_k codes[row][k] direction[k] over `blocks` times sixteen codes. Strides in bytes.
 * Codes past a layer's end are read and meet zeros of the padded direction.
 */
export const FEATURE_KERNELS = `
  (func (export "addDots") (param $codes i32) (param $rowStride i32) (param $rows i32) (param $direction i32)
    (param $blocks i32) (param $scale i32) (param $scaleStride i32) (param $out i32) (param $outStride i32)
    (local $k i32) (local $at i32) (local $d i32) (local $code v128)
    ${PARTS.map(part => `(local $s${part} v128)`).join(' ')}
    (block $done (loop $row
      (br_if $done (i32.eqz (local.get $rows)))
      (local.set $at (local.get $codes))
      (local.set $d (local.get $direction))
      (local.set $k (local.get $blocks))
      ${PARTS.map(part => `(local.set $s${part} (v128.const f32x4 0 0 0 0))`).join('\n      ')}
      (loop $block
        (local.set $code (v128.load (local.get $at)))
        ${PARTS.map(
          part => `(local.set $s${part} (f32x4.add (local.get $s${part}) (f32x4.mul ${widened(part)}
          (v128.load offset=${16 * part} (local.get $d)))))`,
        ).join('\n        ')}
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $d (i32.add (local.get $d) (i32.const 64)))
        (br_if $block (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (local.set $s0 (f32x4.add (f32x4.add (local.get $s0) (local.get $s1))
        (f32x4.add (local.get $s2) (local.get $s3))))
      (f64.store (local.get $out) (f64.add (f64.load (local.get $out)) (f64.mul
        (f64.promote_f32 (f32.load (local.get $scale)))
        (f64.promote_f32 (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $s0)) (f32x4.extract_lane 1 (local.get $s0)))
          (f32.add (f32x4.extract_lane 2 (local.get $s0)) (f32x4.extract_lane 3 (local.get $s0))))))))
      (local.set $codes (i32.add (local.get $codes) (local.get $rowStride)))
      (local.set $scale (i32.add (local.get $scale) (local.get $scaleStride)))
      (local.set $out (i32.add (local.get $out) (local.get $outStride)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br $row))))`
