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
  return resample(ink, [rows, columns], [x, y], scale, {
    x: place((columns + 1) / 2, x, scale, columns),
    y: place((rows + 1) / 2, y, scale, rows),
  });
}

/** Bring the ink to the network's size as it lies. */
export function shrink(ink: Ink, [rows, columns]: Shape): Float32Array<ArrayBuffer> {
  const spreads = [spread(ink.byColumn), spread(ink.byRow)] as const;
  return resample(ink, [rows, columns], spreads, columns / ink.width, { x: 0, y: 0 });
}

/** Where ink lies along an axis: its first cell, the one after its last, its centre of mass. */
interface Spread {
  start: number;
  end: number;
  centre: number;
}

/** Where ink of these sums lies; from 0 to 0 where there is none. */
function spread(sums: Float64Array): Spread {
  let [start, end, mass, moment] = [sums.length, 0, 0, 0];
  sums.forEach((sum, cell) => {
    if (sum === 0) return;
    start = Math.min(start, cell);
    end = cell + 1;
    mass += sum;
    moment += sum * (cell + 0.5);
  });
  return { start: Math.min(start, end), end, centre: moment / mass };
}

/** Where the ink's origin comes to lie: mass at the centre, but nothing beyond the edge. */
function place(middle: number, { start, end, centre }: Spread, scale: number, size: number) {
  const wanted = middle - centre * scale;
  return Math.min(Math.max(wanted, -start * scale), size - end * scale);
}

/** Average over the area that each pixel covers, first along rows, then along columns. */
function resample(
  { width, values }: Ink,
  [rows, columns]: Shape,
  [x, y]: readonly [Spread, Spread],
  scale: number,
  offset: { x: number; y: number },
): Float32Array<ArrayBuffer> {
  const height = y.end - y.start;
  const across = cover(columns, x, scale, offset.x);
  const flat = new Float32Array(height * columns);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < columns; column++) {
      const { from, shares } = across[column]!;
      const cell = (y.start + row) * width + from;
      let sum = 0;
      for (let i = 0; i < shares.length; i++) sum += shares[i]! * values[cell + i]!;
      flat[row * columns + column] = sum / 255;
    }
  }
  const image = new Float32Array(rows * columns);
  cover(rows, y, scale, offset.y).forEach(({ from, shares }, row) => {
    shares.forEach((share, i) => {
      const line = (from - y.start + i) * columns;
      for (let column = 0; column < columns; column++) {
        image[row * columns + column]! += share * flat[line + column]!;
      }
    });
  });
  return image;
}

/** For each pixel along an axis: which cells of the ink it covers, and what share of it they fill. */
function cover(pixels: number, { start, end }: Spread, scale: number, offset: number) {
  return Array.from({ length: pixels }, (_, pixel) => {
    const first = Math.max((pixel - offset) / scale, start);
    const last = Math.min((pixel + 1 - offset) / scale, end);
    const from = Math.floor(first);
    const shares: number[] = [];
    for (let cell = from; cell < last; cell++) {
      shares.push((Math.min(last, cell + 1) - Math.max(first, cell)) * scale);
    }
    return { from, shares };
  });
}
