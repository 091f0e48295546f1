import { existsSync, readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { bytes } from "../src/bytes";
import { DenseNetwork } from "../src/engine/dense";
import { ranked, unitEffects } from "../src/engine/survey";
import { SIGNED_STOPS, signedColour, signedLimit } from "../src/pixels/paint";
import { steps } from "../src/widgets/unit_sliders/chart";
import { cellFor } from "../src/widgets/unit_sliders/grid";
import { decimal } from "../src/widgets/unit_sliders/numbers";
import { type Model, movedCode, Session } from "../src/widgets/unit_sliders/session";
import { sweptValue } from "../src/widgets/unit_sliders/sweep";

const path = new URL("vectors/wide-tanh.network.safetensors", import.meta.url);
if (!existsSync(path)) throw new Error("there are no test vectors; make them: make js");
const { buffer, byteOffset, byteLength } = readFileSync(path);
const network = new DenseNetwork(new DataView(buffer, byteOffset, byteLength));

test("effects are what moving each unit alone to both ends gives", () => {
  const code = Float32Array.from({ length: network.codeSize }, (_, i) => Math.sin(i));
  const ranges = Float32Array.from({ length: 2 * network.codeSize }, (_, i) => (i % 2 ? 2 : -1));
  const effects = unitEffects(network, code, 3, ranges);
  effects.forEach((effect, unit) => {
    const [low, high] = [-1, 2].map((value) => {
      const moved = movedCode(code, { [unit]: value });
      return network.classify(moved)[3]!;
    });
    expect(Math.abs(effect - (high! - low!))).toBeLessThan(1e-5);
  });
});

test("units are ranked by the size of their effect, equal ones by number", () => {
  expect(ranked(Float32Array.of(0.1, -0.3, 0.3, 0))).toEqual([1, 2, 0, 3]);
});

test("the colours of a difference rise in lightness, and are grey at nothing", () => {
  const lightness = ([red, green, blue]: readonly number[]) =>
    0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  const shares = Array.from({ length: 41 }, (_, i) => i / 20 - 1);
  const levels = shares.map((share) => lightness(signedColour(share)));
  for (let i = 1; i < levels.length; i++) expect(levels[i]).toBeGreaterThan(levels[i - 1]!);
  const [red, green, blue] = signedColour(0);
  expect([green, blue]).toEqual([red, red]);
  expect([signedColour(-7), signedColour(7)]).toEqual([SIGNED_STOPS[0], SIGNED_STOPS.at(-1)]);
  for (const share of [0.2, 0.6, 1]) {
    expect(signedColour(share)[0]).toBeGreaterThan(signedColour(share)[2]);
    expect(signedColour(-share)[2]).toBeGreaterThan(signedColour(-share)[0]);
  }
});

test("the scale of a difference is round and holds all of it", () => {
  const limits = [0, 0.003, 0.1, 0.11, -0.3, 0.5, 0.7, -1.2, 34].map((value) =>
    signedLimit([0, value]),
  );
  expect(limits).toEqual([0.1, 0.1, 0.1, 0.2, 0.5, 0.5, 1, 2, 50]);
});

test("a sweep goes up from where it starts, to both ends, and back", () => {
  const way = [0, 0.25, 0.5, 0.75, 1].map((share) => sweptValue(1, 0, 4, share));
  expect(way).toEqual([1, 3, 3, 1, 1]);
  expect(sweptValue(0, 0, 4, 0.5)).toBe(4);
  expect(sweptValue(9, 0, 4, 0)).toBe(4); // from outside its range
});

test("playing ends with the last view", () => {
  const timers: unknown[] = [];
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("requestAnimationFrame", () => timers.push("frame"));
  vi.stubGlobal("cancelAnimationFrame", () => timers.pop());
  const state: Record<string, unknown> = {
    ...{ base: bytes(new Float32Array(2)), moved: {}, unit: 0, target: -1, playing: false },
    ...{
      ranges: bytes(Float32Array.of(0, 1, 0, 1)),
      engine: "auto",
      _network_model: "",
      error: "",
    },
  };
  const listeners: Record<string, () => void> = {};
  const model = {
    get: (name: string) => state[name],
    set(name: string, value: unknown) {
      state[name] = value;
      listeners[`change:${name}`]?.();
    },
    on: (event: string, listener: () => void) => {
      listeners[event] = listener;
    },
    save_changes() {},
  } as unknown as Model;
  const session = new Session(model);
  const closes = [session.open(), session.open()];
  session.setPlaying(true);
  closes[0]!();
  expect([state.playing, timers.length]).toEqual([true, 1]);
  closes[1]!();
  expect([state.playing, timers.length]).toEqual([false, 0]);
});

test("a histogram's steps span the unit's range", () => {
  const histograms = Float32Array.of(1, 2, 0, 4, 2, 2);
  const ranges = Float32Array.of(-1, 2, 0, 3);
  expect(steps(histograms, ranges, 1)).toEqual({ x: [0, 1, 2, 3], y: [1, 0.5, 0.5, 0] });
  expect(steps(new Float32Array(0), ranges, 1)).toEqual({ x: [0], y: [0] }); // nothing observed
});

test("thumbnails shrink so that a hundred are seen at once, but not to nothing", () => {
  for (const width of [290, 380, 600]) {
    const cell = cellFor(100, width, 390);
    expect(Math.ceil(100 / Math.floor(width / cell)) * cell).toBeLessThanOrEqual(390);
  }
  expect(cellFor(4096, 380, 390)).toBe(40);
});

test("numbers have a true minus, and zero has none", () => {
  expect([-3, -0.001, 0, 2.456].map((value) => decimal(value, 2))).toEqual([
    "−3.00",
    "0.00",
    "0.00",
    "2.46",
  ]);
});
