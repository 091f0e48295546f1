// Arrays of any shape, as they travel: the twin of Arrays in invertviz/widgets/_traits.py.

import { bytes, floats } from "./bytes";
import type { Vector } from "./engine/matrices";

export interface Shaped {
  shape: number[];
  data: ArrayBufferView;
}

/** The rows along the first axis. */
export function rowsOf({ shape, data }: Shaped): Vector[] {
  const count = shape[0] ?? 0;
  const values = floats(data);
  const length = count ? values.length / count : 0;
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}

/** Rows of one length as an array of the shape `[rows, ...inner]`. */
export function shaped(rows: readonly Vector[], ...inner: number[]): Shaped {
  const length = inner.reduce((product, size) => product * size, 1);
  const values = new Float32Array(rows.length * length);
  rows.forEach((row, i) => {
    values.set(row, i * length);
  });
  return { shape: [rows.length, ...inner], data: bytes(values) };
}

/** One vector, or one picture, as an array of that shape. */
export function shapedAs(values: Vector, ...shape: number[]): Shaped {
  return { shape, data: bytes(values) };
}
