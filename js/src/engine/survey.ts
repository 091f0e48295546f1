// What single units do: the twin of invertviz/survey.py.

import type { DenseNetwork } from "./dense";
import type { Vector } from "./matrices";

/** The effects of units, as `Network` says; in double precision, as in Python. */
export function unitEffects(
  network: DenseNetwork,
  code: Vector,
  target: number,
  ranges: Vector,
): Vector {
  const { forward } = network.activation;
  const { W, b } = network.output;
  const classes = b.length;
  const activations = Array.from(code, forward);
  const logits = Array.from(b, (bias, k) =>
    activations.reduce((sum, a, unit) => sum + a * W.values[unit * classes + k]!, bias),
  );
  /** The target's probability with one activation moved. */
  const probability = (unit: number, shift: number) => {
    const moved = logits.map((logit, k) => logit + shift * W.values[unit * classes + k]!);
    const highest = Math.max(...moved);
    const sum = moved.reduce((total, logit) => total + Math.exp(logit - highest), 0);
    return Math.exp(moved[target]! - highest) / sum;
  };
  return Float32Array.from(activations, (a, unit) => {
    const [low, high] = [ranges[2 * unit]!, ranges[2 * unit + 1]!];
    return probability(unit, forward(high) - a) - probability(unit, forward(low) - a);
  });
}

/** Units by the size of their effect, the largest first; equal ones by number. */
export function ranked(effects: Vector): number[] {
  return Array.from(effects.keys()).sort((a, b) => Math.abs(effects[b]!) - Math.abs(effects[a]!));
}
