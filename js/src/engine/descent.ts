// Latent optimization: gradient descent on a code; the twin of invertviz/codes.py.

import type { Vector } from "./matrices";
import type { Network } from "./network";

/**
 * Descend on one code, on Σ|target − p(z)|, one step at a time and without end.
 *
 * Each value is a code and its probabilities: first those of the start, then those after each step.
 * They are overwritten by the next step: nothing is allocated on the way.
 */
export function* descend(
  network: Network,
  target: Vector,
  start: Vector,
  learningRate: number,
): Generator<{ code: Vector; probabilities: Vector }, never> {
  const { activation, output } = network;
  const { values: W } = output.W;
  const [units, classes] = output.W.shape as [number, number];
  const code = start.slice();
  const activations = new Float64Array(units);
  const powers = new Float64Array(classes);
  const atLogits = new Float64Array(classes);
  const probabilities = new Float32Array(classes);
  const result = { code, probabilities };
  while (true) {
    for (let k = 0; k < classes; k++) powers[k] = output.b[k]!;
    for (let j = 0, at = 0; j < units; j++) {
      const a = activation.forward(code[j]!);
      activations[j] = a;
      for (let k = 0; k < classes; k++, at++) powers[k]! += a * W[at]!;
    }
    let [largest, sum] = [-Infinity, 0];
    for (let k = 0; k < classes; k++) largest = Math.max(largest, powers[k]!);
    for (let k = 0; k < classes; k++) {
      powers[k] = Math.exp(powers[k]! - largest);
      sum += powers[k]!;
    }
    for (let k = 0; k < classes; k++) probabilities[k] = powers[k]! / sum;
    yield result;
    // ∂loss/∂p = sign(p − target); back through the softmax: p·(g − Σ g·p).
    let mean = 0;
    for (let k = 0; k < classes; k++) {
      atLogits[k] = Math.sign(probabilities[k]! - target[k]!);
      mean += atLogits[k]! * probabilities[k]!;
    }
    for (let k = 0; k < classes; k++) atLogits[k] = probabilities[k]! * (atLogits[k]! - mean);
    for (let j = 0, at = 0; j < units; j++) {
      let gradient = 0;
      for (let k = 0; k < classes; k++, at++) gradient += atLogits[k]! * W[at]!;
      code[j]! -= learningRate * gradient * activation.slope(code[j]!, activations[j]!);
    }
  }
}
