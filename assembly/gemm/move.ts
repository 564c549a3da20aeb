/** C[rows, columns] = or += edge[rows, columns]: sums that were computed beside C, because not all of them exist in it. Rows in bytes. */
export function moveRows(
  c: usize,
  edge: usize,
  rows: i32,
  columns: i32,
  cRow: usize,
  edgeRow: usize,
  add: bool,
): void {
  const rowBytes = <usize>columns << 2;
  for (let i = 0; i < rows; i++) {
    if (add) for (let j: usize = 0; j < rowBytes; j += 4) store<f32>(c + j, load<f32>(c + j) + load<f32>(edge + j));
    else for (let j: usize = 0; j < rowBytes; j += 4) store<f32>(c + j, load<f32>(edge + j));
    c += cRow;
    edge += edgeRow;
  }
}
