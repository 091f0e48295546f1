// Latent optimization: gradient descent on a code; the twin of invertviz/codes.py.

import { affine, softmax, transposed, type Vector } from "./matrices";
import type { Network } from "./network";

/**
 * Descend on one code, on Σ|target − p(z)|, one step at a time and without end.
 *
 * Each value is a code and its probabilities: first those of the start, then those after each step.
 */
export function* descend(
  network: Network,
  target: Vector,
  start: Vector,
  learningRate: number,
): Generator<{ code: Vector; probabilities: Vector }, never> {
  const { activation, output } = network;
  let code = start;
  while (true) {
    const activations = code.map(activation.forward);
    const probabilities = softmax(affine(activations, output.W, output.b));
    yield { code, probabilities };
    // ∂loss/∂p = sign(p − target); back through the softmax: p·(g − Σ g·p).
    const slopes = probabilities.map((p, k) => Math.sign(p - target[k]!));
    const mean = slopes.reduce((sum, slope, k) => sum + slope * probabilities[k]!, 0);
    const atLogits = slopes.map((slope, k) => probabilities[k]! * (slope - mean));
    const atActivations = transposed(atLogits, output.W);
    code = code.map(
      (z, j) => z - learningRate * atActivations[j]! * activation.slope(z, activations[j]!),
    );
  }
}
