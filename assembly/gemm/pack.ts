/**
 * Packing copies an operand into panels that a tile reads front to back. A panel holds `width` lanes (rows of
 * A or columns of B) for each of `depth` terms; lanes that do not exist are zeros:
 *
 *   panel[p·width + lane] = x[lane·laneStride + p·stepStride]         one of the two strides is 1
 *
 *   lanes adjacent (A transposed, B plain)        terms adjacent (A plain, B transposed)
 *   x00 x01 x02 x03 | …   p = 0                   x00 x10 x20 x30 …   lane 0
 *   x10 x11 x12 x13 | …   p = 1                   x01 x11 x21 x31 …   lane 1
 *     ↓ copied line by line                         ↓ transposed four by four
 *   x00 x01 x02 x03 x10 x11 x12 x13 …             x00 x01 x02 x03 x10 x11 x12 x13 …
 */
import { copyLanes } from "./copyLanes";
import { transposeLanes } from "./transposeLanes";

/** Packs `lanes` lanes in panels of `width`: the last one is filled up with zeros. Strides in bytes. */
export function packPanels(
  panel: usize,
  x: usize,
  lanes: i32,
  width: i32,
  depth: i32,
  laneBytes: usize,
  stepBytes: usize,
): void {
  assert(laneBytes === 4 || stepBytes === 4, "lanes or terms are adjacent");
  const whole = lanes / width;
  if (laneBytes === 4) copyLanes(panel, x, width, whole, depth, stepBytes);
  else transposeLanes(panel, x, width, whole, depth, laneBytes);
  const left = lanes - whole * width;
  if (left === 0) return;
  const last = panel + (<usize>(whole * width * depth) << 2);
  packPart(last, x + <usize>(whole * width) * laneBytes, left, width, depth, laneBytes, stepBytes);
}

/** The last panel of a matrix whose lanes are no multiple of the width. */
export function packPart(
  panel: usize,
  x: usize,
  lanes: i32,
  width: i32,
  depth: i32,
  laneBytes: usize,
  stepBytes: usize,
): void {
  memory.fill(panel, 0, <usize>(width * depth) << 2);
  for (let lane = 0; lane < lanes; lane++) {
    let from = x + <usize>lane * laneBytes;
    let to = panel + (<usize>lane << 2);
    for (let p = 0; p < depth; p++) {
      store<f32>(to, load<f32>(from));
      from += stepBytes;
      to += <usize>width << 2;
    }
  }
}
