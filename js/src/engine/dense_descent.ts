// Gradient descent on the codes of fully connected networks; the twin of invertviz/descent.py's loop.

import type { DenseNetwork } from "./dense";
import type { Pull, Steps } from "./engine";
import type { Vector } from "./matrices";

/** Descend on some codes, each by itself, as `Network` says. */
export function denseSteps(
  network: DenseNetwork,
  targets: readonly Vector[],
  start: readonly Vector[],
  learningRate: number,
  pulls?: readonly Pull[],
): Steps {
  const all = start.map((code, i) => descend(network, targets[i]!, code, learningRate, pulls?.[i]));
  const places = all.map((steps) => steps.next().value); // which the steps overwrite
  return {
    codes: places.map(({ code }) => code),
    probabilities: places.map(({ probabilities }) => probabilities),
    step() {
      for (const steps of all) steps.next();
    },
  };
}

/**
 * Descend on one code, one step at a time and without end.
 *
 * Each value is a code and its probabilities: first those of the start, then those after each step.
 */
function* descend(
  { activation, output }: DenseNetwork,
  target: Vector,
  start: Vector,
  learningRate: number,
  pull: Pull | undefined,
): Generator<{ code: Vector; probabilities: Vector }, never> {
  const { values: W } = output.W;
  const [units, classes] = output.W.shape as [number, number];
  const code = start.slice();
  const activations = new Float64Array(units);
  const powers = new Float64Array(classes);
  const atLogits = new Float64Array(classes);
  const gradient = new Float64Array(units);
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
      let atActivation = 0;
      for (let k = 0; k < classes; k++, at++) atActivation += atLogits[k]! * W[at]!;
      gradient[j] = atActivation * activation.slope(code[j]!, activations[j]!);
    }
    if (pull) follow(pull, gradient, code, learningRate);
    else for (let j = 0; j < units; j++) code[j]! -= learningRate * gradient[j]!;
  }
}

/** A step along the gradient in the prior's metric, and to its mean. */
function follow(
  { mean, metric, weight }: Pull,
  gradient: Float64Array,
  code: Vector,
  learningRate: number,
): void {
  for (let j = 0, at = 0; j < code.length; j++) {
    let natural = 0;
    for (let i = 0; i < code.length; i++, at++) natural += metric[at]! * gradient[i]!;
    code[j]! -= learningRate * (natural + weight * (code[j]! - mean[j]!));
  }
}
