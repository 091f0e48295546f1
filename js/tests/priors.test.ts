// Priors in the page against what PyTorch does with them: scripts/engine_vectors.py writes the vectors.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DenseNetwork } from "../src/engine/dense";
import type { Vector } from "../src/engine/matrices";
import { readSafetensors } from "../src/engine/safetensors";
import type { Plan } from "../src/widgets/class_picker/plan";
import { type PriorKind, pullsOf } from "../src/widgets/class_picker/priors";
import { codesAbout } from "../src/widgets/class_picker/starts";

const EVERY = 50;
const SEED = 5;

function open(name: string): DataView {
  const url = new URL(`vectors/pretrained.${name}.safetensors`, import.meta.url);
  const { buffer, byteOffset, byteLength } = readFileSync(url);
  return new DataView(buffer, byteOffset, byteLength);
}

const network = new DenseNetwork(open("network"));
const { tensors } = readSafetensors(open("priors"));
const values = (name: string) => tensors.get(name)!.values;
const size = network.codeSize;

function rows(all: Vector, length: number): Vector[] {
  return Array.from({ length: all.length / length }, (_, i) =>
    all.slice(i * length, (i + 1) * length),
  );
}

const targets = rows(values("targets"), 10);

function pulls(kind: PriorKind) {
  const prior = { means: values(`${kind}.means`), roots: values(`${kind}.roots`) };
  return pullsOf(kind, { ...prior, weight: values(`${kind}.weight`)[0]! }, targets, SEED);
}

test.each(["gaussian", "class", "diverse"] as const)(
  "%s leads the way that it leads in PyTorch, to 1e-4",
  (kind) => {
    const records = rows(values(`${kind}.trajectory`), targets.length * size);
    const pull = pulls(kind);
    const steps = network.descend(
      targets,
      pull.map(({ mean }) => mean),
      1,
      pull,
    );
    let furthest = 0;
    records.forEach((record, at) => {
      for (let step = 0; at && step < EVERY; step++) steps.step();
      const expected = rows(record, size);
      targets.forEach((_, i) => {
        // A mixture swings about its target for ever, and the engines about each other.
        if (targets[i]!.some((share) => share > 0 && share < 1) && at) return;
        expected[i]!.forEach((value, j) => {
          furthest = Math.max(furthest, Math.abs(value - steps.codes[i]![j]!));
        });
      });
    });
    expect(furthest).toBeLessThan(1e-4);
  },
);

test("of a class's samples the first starts at the mean, of diverse ones each at its own", () => {
  const plan = { prior: "class", samples: 2, seed: 1 } as Plan;
  const alike = pulls("class").slice(1, 3);
  const [first, second] = codesAbout(alike, plan);
  expect(first).toEqual(alike[0]!.mean);
  expect(second).not.toEqual(first);
  const apart = pulls("diverse").slice(1, 3);
  const started = codesAbout(apart, { ...plan, prior: "diverse" });
  expect(started).toEqual(apart.map(({ mean }) => mean));
  expect(started[0]).not.toEqual(started[1]);
});
