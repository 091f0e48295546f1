// From ink at a high resolution to the network's pixels, the way MNIST was made
// (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A):
// fitted into a 20×20 box keeping its aspect, anti-aliased, its centre of mass at the centre of 28×28.

import type { Ink } from "./ink";

export type Shape = readonly [rows: number, columns: number];

const BOX = 20 / 28;

/** Fit the ink into the box and centre it; `null` where there is no ink at all. */
export function normalize(ink: Ink, [rows, columns]: Shape): Float32Array<ArrayBuffer> | null {
  const [x, y] = [spread(ink.byColumn), spread(ink.byRow)];
  if (x.end === 0) return null;
  const [width, height] = [x.end - x.start, y.end - y.start];
  const scale = Math.min((BOX * columns) / width, (BOX * rows) / height);
  // MNIST's centre is that of pixel 14 of 0…27, half a pixel beyond the middle.
  return resample(ink, [rows, columns], scale, {
    x: place((columns + 1) / 2, x, scale, columns),
    y: place((rows + 1) / 2, y, scale, rows),
  });
}

/** Bring the ink to the network's size as it lies. */
export function shrink(ink: Ink, [rows, columns]: Shape): Float32Array<ArrayBuffer> {
  return resample(ink, [rows, columns], columns / ink.width, { x: 0, y: 0 });
}

/** Where ink lies along an axis: its first cell, the one after its last, its centre of mass. */
interface Spread {
  start: number;
  end: number;
  centre: number;
}

/** Where ink of these sums lies; it ends at 0 where there is none. */
function spread(sums: Float64Array): Spread {
  let [start, end, mass, moment] = [sums.length, 0, 0, 0];
  sums.forEach((sum, cell) => {
    if (sum === 0) return;
    start = Math.min(start, cell);
    end = cell + 1;
    mass += sum;
    moment += sum * (cell + 0.5);
  });
  return { start, end, centre: moment / mass };
}

/** Where the ink's origin comes to lie: mass at the centre, but nothing beyond the edge. */
function place(middle: number, { start, end, centre }: Spread, scale: number, size: number) {
  const wanted = middle - centre * scale;
  return Math.min(Math.max(wanted, -start * scale), size - end * scale);
}

/** Average over the area that each pixel covers, first along columns, then along rows. */
function resample(
  { width, height, values, byRow, byColumn }: Ink,
  [rows, columns]: Shape,
  scale: number,
  offset: { x: number; y: number },
): Float32Array<ArrayBuffer> {
  const { start, end } = spread(byColumn);
  const low = new Float32Array(rows * width);
  cover(rows, height, scale, offset.y, (to, from, share) => {
    if (byRow[from] === 0) return;
    for (let column = start; column < end; column++) {
      low[to * width + column]! += (share / 255) * values[from * width + column]!;
    }
  });
  const image = new Float32Array(rows * columns);
  cover(columns, width, scale, offset.x, (to, from, share) => {
    if (byColumn[from] === 0) return;
    for (let row = 0; row < rows; row++) {
      image[row * columns + to]! += share * low[row * width + from]!;
    }
  });
  return image;
}

/** For one axis: which source cells each target cell covers, and what share of it they fill. */
function cover(
  targets: number,
  sources: number,
  scale: number,
  offset: number,
  visit: (to: number, from: number, share: number) => void,
): void {
  for (let to = 0; to < targets; to++) {
    const start = Math.max((to - offset) / scale, 0);
    const end = Math.min((to + 1 - offset) / scale, sources);
    for (let from = Math.floor(start); from < end; from++) {
      visit(to, from, (Math.min(end, from + 1) - Math.max(start, from)) * scale);
    }
  }
}
