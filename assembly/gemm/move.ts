/**
 * C[rows, columns] = or += edge[rows, columns]: sums that were computed beside C, because not all of them
 * exist in it. Rows in bytes.
 */
export function moveRows(
  c: usize,
  edge: usize,
  rows: i32,
  columns: i32,
  cRow: usize,
  edgeRow: usize,
  add: bool,
): void {
  for (let i = 0; i < rows; i++) {
    if (add) addRow(c, edge, columns);
    else memory.copy(c, edge, <usize>columns << 2);
    c += cRow;
    edge += edgeRow;
  }
}

// @ts-ignore: decorator
@inline
function addRow(c: usize, edge: usize, columns: i32): void {
  let at: usize = 0;
  for (let fours = columns >> 2; fours > 0; fours--) {
    v128.store(c + at, f32x4.add(v128.load(c + at), v128.load(edge + at)));
    at += 16;
  }
  for (let left = columns & 3; left > 0; left--) {
    store<f32>(c + at, load<f32>(c + at) + load<f32>(edge + at));
    at += 4;
  }
}
