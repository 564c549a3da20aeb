/**
 * How attention cuts its operands. Two forms serve every product:
 *
 *   panels: rows as lanes, transposed            octets: columns as lanes, copied
 *   PANEL rows of x, for each column             8 columns of x, for each row
 *
 *   x00 x10 x20 … | column 0                     x00 x01 … x07 | row 0
 *   x01 x11 x21 … | column 1                     x10 x11 … x17 | row 1
 *
 * A tile reads 4 or 6 neighbouring lanes of a panel as splats, or 8 as vectors, so one panel is the left
 * operand of one product and the right operand of another.
 */

/** Rows in a panel: whole tiles of 4, 6 and 8. */
export const PANEL: i32 = 24;

/** Bytes from one line of a panel to the next. */
export const PANEL_BYTES: usize = <usize>PANEL << 2;

/**
 * factor·x of `rows` rows of `depth` adjacent elements, as panels. Lanes past the last row hold copies of it,
 * or nothing.
 */
export function packRowPanels(panel: usize, x: usize, xRow: usize, rows: i32, depth: i32, factor: f32): void {
  const last = rows - 1;
  for (let i = 0; i < rows; i += 4) {
    const inside = i % PANEL;
    const to = panel + (<usize>((i - inside) * depth + inside) << 2);
    const row0 = x + <usize>i * xRow;
    const row1 = x + <usize>min(i + 1, last) * xRow;
    const row2 = x + <usize>min(i + 2, last) * xRow;
    const row3 = x + <usize>min(i + 3, last) * xRow;
    packFourRows(to, row0, row1, row2, row3, depth, factor);
  }
}

/** Four rows become four neighbouring lanes. */
export function packFourRows(
  to: usize, row0: usize, row1: usize, row2: usize, row3: usize, depth: i32, factor: f32,
): void {
  const factors = f32x4.splat(factor);
  const body = depth & ~3;
  for (let d = 0; d < body; d += 4) {
    const at = <usize>d << 2;
    const r0 = v128.load(row0 + at);
    const r1 = v128.load(row1 + at);
    const r2 = v128.load(row2 + at);
    const r3 = v128.load(row3 + at);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, f32x4.mul(v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), factors));
    v128.store(to, f32x4.mul(v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), factors), PANEL_BYTES);
    v128.store(to, f32x4.mul(v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), factors), 2 * PANEL_BYTES);
    v128.store(to, f32x4.mul(v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), factors), 3 * PANEL_BYTES);
    to += 4 * PANEL_BYTES;
  }
  for (let d = body; d < depth; d++) {
    const at = <usize>d << 2;
    store<f32>(to, load<f32>(row0 + at) * factor);
    store<f32>(to, load<f32>(row1 + at) * factor, 4);
    store<f32>(to, load<f32>(row2 + at) * factor, 8);
    store<f32>(to, load<f32>(row3 + at) * factor, 12);
    to += PANEL_BYTES;
  }
}

/** Rows with those that fill up the last panel. */
// @ts-ignore: decorator
@inline
export function wholePanels(rows: i32): i32 {
  return ((rows + PANEL - 1) / PANEL) * PANEL;
}

/** Columns of `rows` rows as octets, `octetBytes` from one to the next; the last is filled up with zeros. */
export function packOctets(
  octets: usize, x: usize, xRow: usize, octetBytes: usize, rows: i32, width: i32,
): void {
  const whole = width & ~7;
  for (let column = 0; column < whole; column += 8) {
    let from = x + (<usize>column << 2);
    let to = octets;
    for (let row = 0; row < rows; row++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += xRow;
      to += 32;
    }
    octets += octetBytes;
  }
  if (whole === width) return;
  memory.fill(octets, 0, <usize>rows << 5);
  for (let row = 0; row < rows; row++) {
    const from = x + <usize>row * xRow;
    for (let column = whole; column < width; column++) {
      store<f32>(octets + (<usize>(column - whole) << 2), load<f32>(from + (<usize>column << 2)));
    }
    octets += 32;
  }
}
