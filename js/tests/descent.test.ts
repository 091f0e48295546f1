// Latent optimization in slices, its start and its targets, against what Python does.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DenseNetwork } from "../src/engine/dense";
import { Descent } from "../src/engine/descent";
import { normalNoise } from "../src/engine/noise";
import { readSafetensors } from "../src/engine/safetensors";
import { rowsOf, shaped } from "../src/shaped";
import { firstCodes } from "../src/widgets/class_picker/starts";
import { agreement, targetName, targetRows } from "../src/widgets/class_picker/targets";
import { sentence } from "../src/widgets/class_picker/verdict";

function open(name: string): DataView {
  const url = new URL(`vectors/pretrained.${name}.safetensors`, import.meta.url);
  const { buffer, byteOffset, byteLength } = readFileSync(url);
  return new DataView(buffer, byteOffset, byteLength);
}

const network = new DenseNetwork(open("network"));
const zeros = () => new Float32Array(network.codeSize);
const oneHot = (k: number) => Float32Array.from({ length: 10 }, (_, i) => Number(i === k));
const settings = { learningRate: 1, steps: 200 };
const long = { learningRate: 1, steps: 1000 };
const begin = Descent.begin;
const finish = async (begun: Promise<Descent>) => {
  const descent = await begun;
  while (!descent.atEnd) await descent.advance(1, Number.POSITIVE_INFINITY);
  return descent;
};

function furthest(found: Float32Array, expected: Float32Array): number {
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

test("noise is Python's", () => {
  const cases = JSON.parse(readFileSync(new URL("noise.json", import.meta.url), "utf8"));
  for (const { seed, noise } of cases as { seed: number; noise: number[] }[]) {
    const found = normalNoise(seed, noise.length);
    expect(furthest(found, Float32Array.from(noise))).toBeLessThan(1e-6);
  }
});

test("in slices it takes PyTorch's way, to 1e-3", async () => {
  const { values, shape } = readSafetensors(open("expected")).tensors.get("trajectory")!;
  const [records, classes] = shape as [number, number];
  const targets = Array.from({ length: classes }, (_, k) => oneHot(k));
  const start = targets.map(zeros);
  const course = (await finish(begin(network, targets, start, long))).course();
  expect(course.length).toBe(201);
  const size = network.codeSize;
  for (let record = 0; record < records; record++) {
    const step = (record * long.steps) / (records - 1);
    course
      .find((moment) => moment.step === step)!
      .codes.forEach((code, k) => {
        const at = (record * classes + k) * size;
        expect(furthest(code, values.subarray(at, at + size))).toBeLessThan(1e-3);
      });
  }
});

test("stopped and resumed, it ends where it would have", async () => {
  const straight = await finish(begin(network, [oneHot(7)], [zeros()], settings));
  const stopped = await begin(network, [oneHot(7)], [zeros()], settings);
  await stopped.advance(Number.POSITIVE_INFINITY, 77);
  stopped.stop();
  expect([stopped.atEnd, stopped.step]).toEqual([true, 77]);
  const course = stopped.course();
  const resumed = await finish(begin(network, [oneHot(7)], { course }, settings));
  expect(resumed.moment()).toEqual(straight.moment());
  expect(resumed.course().map(({ step }) => step)).toEqual(straight.course().map((m) => m.step));
});

test("records stay few, and the last is where it is", async () => {
  const longer = { ...long, steps: 2001 };
  const course = (await finish(begin(network, [oneHot(7)], [zeros()], longer))).course();
  expect(course.length).toBeLessThanOrEqual(202);
  expect(course.at(-1)!.step).toBe(2001);
  const more = await finish(begin(network, [oneHot(7)], { course }, { ...long, steps: 9000 }));
  expect(more.course().length).toBeLessThanOrEqual(402);
});

test("targets and first codes", async () => {
  const plan = {
    prior: "none" as const,
    start: "zeros" as const,
    samples: 2,
    seed: 3,
    digits: 0,
    meanCode: zeros(),
    digit: 0,
    image: undefined,
  };
  const targets = targetRows({ ...plan, classes: [7, 1] }, 10);
  expect(targets.map((target) => target.indexOf(1))).toEqual([7, 7, 1, 1]);
  const codes = await firstCodes(network, { ...plan, classes: [7, 1] }, 4);
  expect(codes[0]).toEqual(zeros());
  expect(codes[2]).toEqual(zeros());
  expect(codes[3]).toEqual(normalNoise(3, 400).slice(300));
  const mixed = targetRows({ ...plan, classes: { 3: 0.6, 8: 0.4 } }, 10);
  expect(mixed.length).toBe(2);
  expect(targetName(mixed[0]!, [..."0123456789"])).toBe("60 % 3 + 40 % 8");
  expect(() => firstCodes(network, { ...plan, classes: [1], start: "mean" }, 1)).toThrow(
    "no images",
  );
});

test("what is said of probabilities", () => {
  const names = [..."0123456789"];
  const found = Float32Array.from([0.1, 0, 0.9, 0, 0, 0, 0, 0, 0, 0]);
  expect(agreement(oneHot(2), found)).toBeCloseTo(0.9);
  expect(sentence(oneHot(2), found, names)).toBe("90.0 % sure it is a “2”");
  expect(sentence(oneHot(0), found, names)).toBe("it says “2” (90.0 %), not “0”");
  const mixture = Float32Array.from([0.5, 0, 0.5, 0, 0, 0, 0, 0, 0, 0]);
  expect(sentence(mixture, found, names)).toBe("10.0 % “0” and 90.0 % “2”");
  expect(agreement(mixture, found)).toBeCloseTo(0.6);
});

test("arrays keep their shape", () => {
  const rows = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
  const travelling = shaped(rows, 2, 2);
  expect(travelling.shape).toEqual([2, 2, 2]);
  expect(rowsOf(travelling)).toEqual(rows);
  expect(rowsOf({ shape: [0], data: new DataView(new ArrayBuffer(0)) })).toEqual([]);
});
