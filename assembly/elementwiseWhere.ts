import { LANES, loadOne, select, SLOT, slot, storeOne, VECTOR } from "./lanes";

/** Bits of either dtype: vectors are moved, never read as floats. */
export function where(
  y: usize, condition: usize, a: usize, b: usize,
  yOffset: i32, conditionOffset: i32, aOffset: i32, bOffset: i32, rows: i32, columns: i32,
  conditionRow: i32, conditionColumn: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  y = slot(y, yOffset);
  condition = slot(condition, conditionOffset);
  a = slot(a, aOffset);
  b = slot(b, bOffset);
  const conditionIsFlat = conditionRow == columns * conditionColumn;
  if (rows > 1 && conditionIsFlat && aRow == columns * aColumn && bRow == columns * bColumn) {
    columns *= rows;
    rows = 1;
  }
  for (; rows > 0; rows--) {
    let decides = v128.load32_splat(condition);
    let first = v128.load32_splat(a);
    let second = v128.load32_splat(b);
    const body = <usize>(columns & -LANES) << 2;
    let at: usize = 0;
    for (; at < body; at += VECTOR) {
      if (conditionColumn) decides = v128.load(condition + at);
      if (aColumn) first = v128.load(a + at);
      if (bColumn) second = v128.load(b + at);
      v128.store(y + at, choose(decides, first, second));
    }
    const end = <usize>columns << 2;
    for (; at < end; at += SLOT) {
      if (conditionColumn) decides = loadOne(condition + at);
      if (aColumn) first = loadOne(a + at);
      if (bColumn) second = loadOne(b + at);
      storeOne(y + at, choose(decides, first, second));
    }
    y = slot(y, columns);
    condition = slot(condition, conditionRow);
    a = slot(a, aRow);
    b = slot(b, bRow);
  }
}

// @ts-ignore: decorator
@inline
function choose(condition: v128, a: v128, b: v128): v128 {
  return select(f32x4.ne(condition, f32x4.splat(0)), a, b);
}
