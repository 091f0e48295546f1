// The browser engine against what PyTorch answers: scripts/engine_vectors.py writes the vectors.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { activationNamed } from "../src/engine/activations";
import { DenseNetwork } from "../src/engine/dense";
import { openNetwork, reconstruct } from "../src/engine/engine";
import { inverseOf } from "../src/engine/inverses";
import { readSafetensors } from "../src/engine/safetensors";

const FOLDER = new URL("vectors/", import.meta.url);
const ENDING = ".network.safetensors";

if (!existsSync(FOLDER)) throw new Error("there are no test vectors; make them: make js");

function open(name: string): DataView {
  const { buffer, byteOffset, byteLength } = readFileSync(new URL(name, FOLDER));
  return new DataView(buffer, byteOffset, byteLength);
}

/** Rows of a tensor, whatever its shape beyond the first axis. */
function rows({ shape, values }: { shape: readonly number[]; values: Float32Array<ArrayBuffer> }) {
  const length = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => values.slice(i * length, (i + 1) * length));
}

function furthest(found: Float32Array, expected: Float32Array): number {
  expect(found.length).toBe(expected.length);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => file.slice(0, -ENDING.length));

const refused = names.filter((name) => /-(pseudo|gradient)$/.test(name));

test("there are vectors for every activation, depth and inverse", () => {
  expect(names).toContain("pretrained-decoder");
  expect(names).toContain("deep-softplus");
  expect(names.length).toBeGreaterThan(18);
});

test.each(refused)("%s is refused in a sentence", (name) => {
  expect(() => openNetwork(open(name + ENDING))).toThrow(/kernel/);
});

test("decoders from before pictures were bounded and corrected give what their last layer does", () => {
  const tensors = {
    inverse1: { shape: [1, 2], values: Float32Array.of(3, -3) },
    inverse_b1: { shape: [2], values: Float32Array.of(1, 1) },
    inverse2: { shape: [2, 1], values: Float32Array.of(2, 5) },
    inverse_b2: { shape: [1], values: Float32Array.of(-0.5) },
  };
  const invert = inverseOf("decoder", {
    activation: activationNamed("sigmoid"),
    biases: [],
    settings: { hidden: [2], activation: "relu" },
    tensor: (name) => tensors[name as keyof typeof tensors],
    encode: () => expect.unreachable("there is nothing to correct"),
  });
  expect([...invert(Float32Array.of(1))]).toEqual([7.5]);
});

describe.each(names.filter((name) => !refused.includes(name)))("%s", (name) => {
  const network = new DenseNetwork(open(name + ENDING));
  const classes = network.output.b.length;
  const { tensors } = readSafetensors(open(`${name}.expected.safetensors`));
  const expected = (key: string) => rows(tensors.get(key)!);

  test("codes, probabilities and images agree to 1e-4", async () => {
    const results = await Promise.all(
      expected("images").map((image) => reconstruct(network, image)),
    );
    results.forEach(({ image, code, probabilities }, i) => {
      const scale = Math.max(1, ...expected("reconstructions")[i]!.map(Math.abs));
      expect(furthest(code, expected("codes")[i]!)).toBeLessThan(1e-4);
      expect(furthest(probabilities, expected("probabilities")[i]!)).toBeLessThan(1e-4);
      expect(furthest(image, expected("reconstructions")[i]!) / scale).toBeLessThan(1e-4);
    });
  });

  test("a latent optimization takes the same way, to 1e-3", () => {
    const records = expected("trajectory").map((values) => rows({ shape: [classes], values }));
    const recorded = (step: number, target: number) => records[step / 50]![target]!;
    const all = Array.from({ length: classes }, (_, target) => target);
    const wanted = all.map((target) =>
      Float32Array.from({ length: classes }, (_, k) => Number(k === target)),
    );
    const start = all.map((target) => recorded(0, target));
    const steps = network.descend(wanted, start, 1);
    for (let step = 0; step <= 1000; step++) {
      if (step) steps.step();
      if (step % 50) continue;
      for (const target of all) {
        expect(furthest(steps.codes[target]!, recorded(step, target))).toBeLessThan(1e-3);
      }
    }
  });
});
