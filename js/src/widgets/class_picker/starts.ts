// Where a run starts: the twin of Python's starts.py.

import type { Network, Pull } from "../../engine/engine";
import { type Eventually, when } from "../../engine/eventually";
import type { Vector } from "../../engine/matrices";
import { normalNoise } from "../../engine/noise";
import type { Plan } from "./plan";

export type Start = "zeros" | "mean" | "digit" | "random";

/** Codes to start from: the first of each class's samples at the starting point, the others about it. */
export function firstCodes(network: Network, plan: Plan, count: number): Eventually<Vector[]> {
  const { start, samples, seed } = plan;
  const units = network.codeSize;
  const noise = normalNoise(seed, count * units);
  return when(startingCode(network, plan), (base) =>
    Array.from({ length: count }, (_, i) => {
      const exact = start !== "random" && i % samples === 0;
      return base.map((value, j) => value + (exact ? 0 : noise[i * units + j]!));
    }),
  );
}

/** Codes to start from, about where a prior expects them; what "diverse" expects is apart by itself. */
export function codesAbout(pulls: readonly Pull[], { prior, samples, seed }: Plan): Vector[] {
  const units = pulls[0]!.mean.length;
  const noise = normalNoise(seed, pulls.length * units);
  return pulls.map(({ mean }, i) => {
    const exact = prior === "diverse" || i % samples === 0;
    return mean.map((value, j) => value + (exact ? 0 : noise[i * units + j]!));
  });
}

/** What cannot be is said as the kernel says it. */
function startingCode(network: Network, plan: Plan): Eventually<Vector> {
  const { start, meanCode, digit, digits, image } = plan;
  if (start !== "mean" && start !== "digit") return new Float32Array(network.codeSize);
  if (!digits) {
    throw new Error(
      `start is '${start}', but there are no images to take it from; make the picker with ` +
        "ClassPicker(network, examples=…), or start from zeros or random.",
    );
  }
  if (start === "mean") return meanCode;
  if (!image) throw new Error(`digit is ${digit}; give 0 to ${digits - 1}.`);
  return network.encode(image);
}
