// What answers in the page: one interface, whatever runs the network behind it.

import { DenseNetwork } from "./dense";
import { type Eventually, when } from "./eventually";
import type { Vector } from "./matrices";

/** A Gaussian prior on one code, in the form that a descent needs; the twin of Pull in priors.py. */
export interface Pull {
  mean: Vector;
  /** The covariance in units of its mean variance, row by row. */
  metric: Vector;
  weight: number;
}

/** Codes on their way down: after each step, these are where they are. */
export interface Steps {
  readonly codes: readonly Vector[];
  readonly probabilities: readonly Vector[];
  /** Take a step; nothing is allocated on the way: what was there is overwritten. */
  step(): Eventually<void>;
}

/** A classifier with a way back; images and codes are rows of numbers, one sample at a time. */
export interface Network {
  /** Numbers of a code. */
  readonly codeSize: number;
  /** Image → code. */
  encode(image: Vector): Eventually<Vector>;
  /** Code → class probabilities. */
  classify(code: Vector): Eventually<Vector>;
  /** Code → image. */
  invert(code: Vector): Eventually<Vector>;
  /**
   * Gradient descent of each code on Σ|target − p(z)|, and to where a prior expects it.
   *
   * @param targets wanted probabilities, a row a code
   * @param pulls of a prior, one a code; none without a prior
   */
  descend(
    targets: readonly Vector[],
    start: readonly Vector[],
    learningRate: number,
    pulls?: readonly Pull[],
  ): Eventually<Steps>;
  /**
   * How much each unit alone can move a class's probability: that with the unit at the upper end of
   * its range, less that at the lower end, all others as in the code.
   *
   * @param ranges lower and upper end of each unit, one after the other
   */
  effects(code: Vector, target: number, ranges: Vector): Eventually<Vector>;
}

export interface Reconstruction {
  image: Vector;
  code: Vector;
  probabilities: Vector;
}

/** A network as Python sends it, run by what can run it; throws where nothing can. */
export function openNetwork(file: ArrayBufferView): Eventually<Network> {
  return new DenseNetwork(file);
}

/** Image → code → image, with what the network says of the original. */
export function reconstruct(network: Network, image: Vector): Eventually<Reconstruction> {
  return when(network.encode(image), (code) =>
    when(network.invert(code), (inverted) =>
      when(network.classify(code), (probabilities) => ({ image: inverted, code, probabilities })),
    ),
  );
}
