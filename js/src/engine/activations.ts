// Activations, and the ways back through them: the twin of invertviz/activations.py.

import type { Vector } from "./matrices";

export interface Activation {
  /** Pre-activation → activation. */
  forward(z: number): number;
  /** Its derivative, from the pre-activation and the activation. */
  slope(z: number, a: number): number;
  /** Estimated activations, which may lie anywhere → pre-activations. */
  backward(estimates: Vector): Vector;
}

/** Bring estimated activations into [0.005, 0.995]: min-max to [0, 1], then ·0.99 + 0.005. */
function squash(estimates: Vector): Vector {
  let [low, high] = [Infinity, -Infinity];
  for (const value of estimates) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const span = Math.max(high - low, 1.1754944e-38);
  return estimates.map((value) => ((value - low) / span) * 0.99 + 0.005);
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const logit = (a: number) => Math.log(a / (1 - a));
const softplus = (z: number) => (z > 20 ? z : Math.log1p(Math.exp(z))); // torch's threshold

const ACTIVATIONS: Record<string, Activation> = {
  sigmoid: {
    forward: sigmoid,
    slope: (_z, a) => a * (1 - a),
    backward: (estimates) => squash(estimates).map(logit),
  },
  tanh: {
    forward: Math.tanh,
    slope: (_z, a) => 1 - a * a,
    backward: (estimates) => squash(estimates).map((a) => Math.atanh(2 * a - 1)),
  },
  relu: {
    forward: (z) => Math.max(z, 0),
    slope: (z) => (z > 0 ? 1 : 0),
    backward: (estimates) => estimates.map((a) => Math.max(a, 0)),
  },
  leaky_relu: {
    forward: (z) => (z < 0 ? 0.01 * z : z),
    slope: (z) => (z > 0 ? 1 : 0.01),
    backward: (estimates) => estimates.map((a) => (a < 0 ? a / 0.01 : a)),
  },
  identity: { forward: (z) => z, slope: () => 1, backward: (estimates) => estimates },
  softplus: {
    forward: softplus,
    slope: (z) => sigmoid(z),
    backward: (estimates) =>
      estimates.map((a) => {
        const floor = Math.max(a, 1e-4);
        return floor + Math.log(-Math.expm1(-floor));
      }),
  },
};

/** The activation of that name; the engine throws where it knows none. */
export function activationNamed(name: string): Activation {
  const activation = ACTIVATIONS[name];
  if (!activation) throw new Error(`the activation “${name}” is unknown here`);
  return activation;
}
