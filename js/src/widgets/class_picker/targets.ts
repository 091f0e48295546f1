// What is asked for: a class, several, or a mixture of some; the twin of Python's targets.py.

import type { Vector } from "../../engine/matrices";

/** Class numbers, a code for each; or the shares of one mixture, by class number. */
export type Choice = number[] | Record<string, number>;

/** Wanted probabilities, one row a code: `samples` for each class, or for the mixture. */
export function targetRows(
  { classes, samples }: { classes: Choice; samples: number },
  size: number,
): Vector[] {
  const mixtures = Array.isArray(classes) ? classes.map((k) => ({ [k]: 1 })) : [classes];
  return mixtures.flatMap((shares) =>
    Array.from({ length: samples }, () =>
      Float32Array.from({ length: size }, (_, k) => shares[k] ?? 0),
    ),
  );
}

/** How far probabilities are as wanted, 0 to 1: for one class, that class's probability. */
export function agreement(target: Vector, probabilities: Vector): number {
  return target.reduce((sum, wanted, k) => sum + Math.min(wanted, probabilities[k] ?? 0), 0);
}

/** What a row of targets asks for: "7", or "60 % 3 + 40 % 8". */
export function targetName(target: Vector, names: readonly string[]): string {
  const wanted = wantedClasses(target);
  if (wanted.length === 1) return names[wanted[0]!]!;
  return wanted.map((k) => `${Math.round(100 * target[k]!)} % ${names[k]}`).join(" + ");
}

export function wantedClasses(target: Vector): number[] {
  return [...target.keys()].filter((k) => target[k]! > 0);
}
