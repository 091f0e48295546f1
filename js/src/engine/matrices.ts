// The linear algebra that the engine needs. Matrices are [in, out], row by row, as in Python.

import type { Tensor } from "./safetensors";

/** As a screen or a file shows it: what lies outside [0, 1] is clipped. */
export const displayable = (brightness: number) => Math.min(Math.max(brightness, 0), 1);

export type Vector = Float32Array<ArrayBuffer>;

/** x W + b, one row. Rows of W whose input is 0 cost nothing: most of a digit is black. */
export function affine(x: Vector, W: Tensor, b?: Vector): Vector {
  const [rows, columns] = W.shape as [number, number];
  const y = b ? b.slice() : new Float32Array(columns);
  const { values } = W;
  for (let i = 0; i < rows; i++) {
    const xi = x[i]!;
    if (xi === 0) continue;
    const start = i * columns;
    for (let j = 0; j < columns; j++) y[j]! += xi * values[start + j]!;
  }
  return y;
}

/** y Wᵀ, one row: the way a gradient takes back through x W. */
export function transposed(y: Vector, W: Tensor): Vector {
  const [rows, columns] = W.shape as [number, number];
  const { values } = W;
  const x = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += y[j]! * values[start + j]!;
    x[i] = sum;
  }
  return x;
}

export function subtract(x: Vector, y: Vector): Vector {
  return x.map((value, i) => value - y[i]!);
}

export function softmax(logits: Vector): Vector {
  let largest = -Infinity;
  for (const value of logits) largest = Math.max(largest, value);
  const powers = logits.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** The index of the largest value. */
export function largest(values: Vector): number {
  return values.indexOf(Math.max(...values));
}

/** Whether two rows hold the same numbers. */
export function same(a: Vector, b: Vector): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
