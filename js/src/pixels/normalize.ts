// From ink at a high resolution to the network's pixels, the way MNIST was made
// (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A):
// fitted into a 20×20 box keeping its aspect, anti-aliased, its centre of mass at the centre of 28×28.

export type Shape = readonly [rows: number, columns: number];

/** Ink from 0 to 1, row by row. */
export interface Ink {
  width: number;
  height: number;
  values: Float32Array;
}

const BOX = 20 / 28;
const VISIBLE = 1 / 255;

/** Fit the ink into the box and centre it; `null` where there is no ink at all. */
export function normalize(ink: Ink, [rows, columns]: Shape): Float32Array<ArrayBuffer> | null {
  const bounds = boundsOf(ink);
  if (!bounds) return null;
  const { left, top, right, bottom, x, y } = bounds;
  const [width, height] = [right - left, bottom - top];
  const scale = Math.min((BOX * columns) / width, (BOX * rows) / height);
  // MNIST's centre is that of pixel 14 of 0…27, half a pixel beyond the middle.
  return resample(ink, [rows, columns], scale, {
    x: place((columns + 1) / 2, x, left, right, scale, columns),
    y: place((rows + 1) / 2, y, top, bottom, scale, rows),
  });
}

/** Bring the ink to the network's size as it lies. */
export function shrink(ink: Ink, [rows, columns]: Shape): Float32Array<ArrayBuffer> {
  return resample(ink, [rows, columns], columns / ink.width, { x: 0, y: 0 });
}

/** Where the ink's origin comes to lie: mass at the centre, but nothing beyond the edge. */
function place(
  centre: number,
  mass: number,
  start: number,
  end: number,
  scale: number,
  size: number,
): number {
  const wanted = centre - mass * scale;
  return Math.min(Math.max(wanted, -start * scale), size - end * scale);
}

function boundsOf({ width, height, values }: Ink) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  let [mass, x, y] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = values[row * width + column]!;
      if (value < VISIBLE) continue;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
      if (row < top) top = row;
      bottom = row + 1;
      mass += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  }
  return mass ? { left, top, right, bottom, x: x / mass, y: y / mass } : null;
}

/** Average over the area that each pixel covers, first along columns, then along rows. */
function resample(
  { width, height, values }: Ink,
  [rows, columns]: Shape,
  scale: number,
  offset: { x: number; y: number },
): Float32Array<ArrayBuffer> {
  const low = new Float32Array(rows * width);
  cover(rows, height, scale, offset.y, (to, from, share) => {
    for (let column = 0; column < width; column++) {
      low[to * width + column]! += share * values[from * width + column]!;
    }
  });
  const image = new Float32Array(rows * columns);
  cover(columns, width, scale, offset.x, (to, from, share) => {
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
