// What a run is to do: the twin of invertviz/widgets/_classes.py and _starts.py.

import type { Vector } from "../../engine/matrices";
import type { Network } from "../../engine/network";
import { normalNoise } from "../../engine/noise";

/** Class numbers, a code for each; or the shares of one mixture, by class number. */
export type Choice = number[] | Record<string, number>;
export type Start = "zeros" | "mean" | "digit" | "random";

export interface Plan {
  classes: Choice;
  start: Start;
  samples: number;
  seed: number;
  /** How many images there are to start from, and the mean of their codes. */
  digits: number;
  meanCode: Vector;
  /** Which of them to start from. */
  digit: number;
  /** That image, 0 to 1, where there is one of that number. */
  image: Vector | undefined;
}

/** Wanted probabilities, one row a code: `samples` for each class, or for the mixture. */
export function targetRows({ classes, samples }: Plan, size: number): Vector[] {
  const mixtures = Array.isArray(classes) ? classes.map((k) => ({ [k]: 1 })) : [classes];
  return mixtures.flatMap((shares) =>
    Array.from({ length: samples }, () =>
      Float32Array.from({ length: size }, (_, k) => shares[k] ?? 0),
    ),
  );
}

/** Codes to start from: the first of each class's samples at the starting point, the others about it. */
export function firstCodes(network: Network, plan: Plan, count: number): Vector[] {
  const { start, samples, seed } = plan;
  const units = network.codeSize;
  const noise = normalNoise(seed, count * units);
  const base = startingCode(network, plan);
  return Array.from({ length: count }, (_, i) => {
    const exact = start !== "random" && i % samples === 0;
    return base.map((value, j) => value + (exact ? 0 : noise[i * units + j]!));
  });
}

/** What cannot be is said as the kernel says it. */
function startingCode(network: Network, plan: Plan): Vector {
  const { start, meanCode, digit, digits, image } = plan;
  if (start !== "mean" && start !== "digit") return new Float32Array(network.codeSize);
  if (!digits) {
    throw new Error(
      `start is '${start}', but there are no images to take it from; make the picker with ` +
        "ClassPicker(network, images=…), or start from zeros or random.",
    );
  }
  if (start === "mean") return meanCode;
  if (!image) throw new Error(`digit is ${digit}; give 0 to ${digits - 1}.`);
  return network.encode(image);
}

/** How far probabilities are as wanted, 0 to 1: for one class, that class's probability. */
export function agreement(target: Vector, found: Vector): number {
  return target.reduce((sum, wanted, k) => sum + Math.min(wanted, found[k] ?? 0), 0);
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
