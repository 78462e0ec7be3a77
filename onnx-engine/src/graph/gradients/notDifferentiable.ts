/** Operators whose outputs are constant almost everywhere, or integers, or depend on no value of their inputs. */
export const notDifferentiable: ReadonlySet<string> = new Set(
  [
    [
      'Less',
      'LessOrEqual',
      'Greater',
      'GreaterOrEqual',
      'Equal',
      'Not',
      'And',
      'Or',
      'Xor',
      'IsNaN',
      'IsInf',
    ],
    ['Sign', 'Floor', 'Ceil', 'Round', 'ArgMax', 'ArgMin', 'NonZero'],
    ['Shape', 'Size', 'Constant', 'ConstantOfShape', 'EyeLike', 'Range'],
  ].flat(),
)
