// The priors that the page has, as a descent needs them; the twin of Python's priors.py.

import { floats } from "../../bytes";
import type { Pull } from "../../engine/engine";
import type { Vector } from "../../engine/matrices";
import { normalNoise } from "../../engine/noise";

export type PriorKind = "none" | "gaussian" | "class" | "diverse";

/** One prior as it travels: of each class, or of all alike, a mean and the root of a covariance. */
export interface PackedPrior {
  weight: number;
  means: ArrayBufferView;
  /** Symmetric R of which R R is the covariance. */
  roots: ArrayBufferView;
}

export type PackedPriors = Partial<Record<PriorKind, PackedPrior>>;

const SPREAD = 0.75; // of what "diverse" draws, in σ, as in Python

/**
 * A prior on one code for each row of targets; of a mixture, the mean of its classes'.
 *
 * @param targets wanted probabilities, rows sum to 1
 * @param seed of what "diverse" draws
 */
export function pullsOf(
  kind: PriorKind,
  { weight, means, roots }: PackedPrior,
  targets: readonly Vector[],
  seed: number,
): Pull[] {
  const [allMeans, allRoots] = [floats(means), floats(roots)];
  const units = allRoots.length / allMeans.length;
  const shared = allMeans.length === units; // by all classes
  const noise = kind === "diverse" ? normalNoise(seed, targets.length * units) : undefined;
  const metrics = new Map<string, Vector>();
  return targets.map((target, row) => {
    const shares = shared ? Float32Array.of(1) : target;
    const mean = mixed(shares, allMeans, units);
    if (noise) {
      const drawn = times(
        mixed(shares, allRoots, units * units),
        noise.subarray(row * units, (row + 1) * units),
      );
      for (let j = 0; j < units; j++) mean[j]! += SPREAD * drawn[j]!;
    }
    const key = shares.join();
    let metric = metrics.get(key);
    if (!metric) {
      metric = metricOf(shares, allRoots, units);
      metrics.set(key, metric);
    }
    return { mean, metric, weight };
  });
}

/** Σ share · covariance, in units of its mean variance. */
function metricOf(shares: Vector, roots: Vector, units: number): Vector {
  const covariance = new Float32Array(units * units);
  shares.forEach((share, k) => {
    if (!share) return;
    const root = roots.subarray(k * units * units, (k + 1) * units * units);
    for (let i = 0; i < units; i++) {
      for (let m = 0; m < units; m++) {
        const factor = share * root[i * units + m]!;
        for (let j = 0; j < units; j++) covariance[i * units + j]! += factor * root[m * units + j]!;
      }
    }
  });
  let scale = 0;
  for (let i = 0; i < units; i++) scale += covariance[i * (units + 1)]! / units;
  return covariance.map((value) => value / Math.max(scale, 1.1754944e-38));
}

/** Σ share · rows of that length. */
function mixed(shares: Vector, rows: Vector, length: number): Vector {
  const sum = new Float32Array(length);
  shares.forEach((share, k) => {
    if (!share) return;
    for (let i = 0; i < length; i++) sum[i]! += share * rows[k * length + i]!;
  });
  return sum;
}

/** Of a square matrix and a vector. */
function times(matrix: Vector, vector: Vector): Vector {
  const units = vector.length;
  return vector.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < units; j++) sum += matrix[i * units + j]! * vector[j]!;
    return sum;
  });
}
